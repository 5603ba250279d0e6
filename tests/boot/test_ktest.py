# SPDX-License-Identifier: MIT
"""The tests inside the kernel, on one and on two processors."""

import re

import pexpect
import pytest

from conftest import BOOT_S


@pytest.mark.parametrize("cpus", [1, 2])
def test_all(boot, cpus):
    guest = boot(cpus=cpus, append="ktest=all")
    found = guest.console.expect([pexpect.EOF, r"(?i)kernel panic|panic:",
                                  pexpect.TIMEOUT], timeout=2 * BOOT_S)
    if found:
        guest.die("the tests do not end" if found == 2 else "panic")
    text = guest.log().replace("\r", "")
    bad = re.findall(r"^.*\bnot ok\b.*$", text, re.M)
    assert not bad, "\n".join(bad)
    assert re.search(r"^.*\bok \d*", text, re.M), "no test ran"
