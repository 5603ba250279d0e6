# SPDX-License-Identifier: MIT
"""The GNU C library's threads: a dynamically linked program with its loader and
library, on one and on four processors."""

import re

import pexpect
import pytest

from conftest import BUILD, SLOW, Guest, initramfs

ROOT = BUILD / "glibc"
LIMIT_S = 300 * SLOW


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    if not (ROOT / "guest/nptl").exists():
        pytest.skip("make glibc-tests was not run")
    path = tmp_path_factory.mktemp("glibc") / "initramfs.cpio"
    return initramfs(path, *(f"{ROOT}/{d}:/{d}"
                             for d in ("guest", "lib64", "lib")))


@pytest.mark.parametrize("cpus", [1, 4])
def test_nptl(archive, cpus):
    guest = Guest(f"glibc-cpus={cpus}", cpus=cpus, initramfs=archive,
                  memory="2G",
                  append=f"-- single /guest/runner -t {int(LIMIT_S)} "
                         "/guest/nptl")
    try:
        guest.console.expect([r"init: powering off", pexpect.EOF,
                              pexpect.TIMEOUT], timeout=LIMIT_S)
        text = guest.log()
    finally:
        guest.close()
    assert not re.findall(r"^not ok.*", text, re.MULTILINE)
    assert re.search(r"nptl: [1-9]\d* passed, 0 failed", text)
