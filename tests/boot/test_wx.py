# SPDX-License-Identifier: MIT
"""wx=strict: no program gets memory that is written and then run."""

import re

import pexpect
import pytest

from conftest import BOOT_S, BUILD, initramfs

CASES = "written_code_runs_by_default mdwe_bad_arguments"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("wx") / "initramfs.cpio"
    return initramfs(path, f"{BUILD}/guest/mdwe:/guest/mdwe")


def log_of(boot, archive, word):
    """What the family mdwe says of its cases that take no oath."""
    guest = boot(cpus=2, memory="1G", initramfs=archive,
                 append=f"{word} -- single /guest/mdwe {CASES}")
    assert guest.console.expect([pexpect.EOF, pexpect.TIMEOUT],
                                timeout=BOOT_S) == 0
    return guest.log()


def test_strict(boot, archive):
    text = log_of(boot, archive, "wx=strict")
    assert "ok - written_code_runs_by_default # SKIP wx=strict" in text
    assert "ok - mdwe_bad_arguments" in text
    assert re.search(r"wx: mdwe\[\d+\]: refused to make memory at 0x[0-9a-f]+",
                     text)


def test_lax(boot, archive):
    text = log_of(boot, archive, "loglevel=7")
    assert re.search(r"^ok - written_code_runs_by_default$", text, re.M)
    assert "refused" not in text


def test_unknown(boot, archive):
    assert "cmdline: wx=often is not known" in log_of(boot, archive, "wx=often")
