# SPDX-License-Identifier: MIT
"""wx=strict: no program gets memory that is written and then run."""

import re

import pexpect

from conftest import BOOT_S, BUILD

CASES = "written_code_runs_by_default mdwe_bad_arguments"


def log_of(boot, word):
    """What the family mdwe says of its cases that take no oath."""
    guest = boot(cpus=2, memory="1G",
                 files=[f"{BUILD}/guest/mdwe:/guest/mdwe"],
                 append=f"{word} -- single /guest/mdwe {CASES}")
    assert guest.console.expect([pexpect.EOF, pexpect.TIMEOUT],
                                timeout=BOOT_S) == 0
    return guest.log()


def test_strict(boot):
    text = log_of(boot, "wx=strict")
    assert "ok - written_code_runs_by_default # SKIP wx=strict" in text
    assert "ok - mdwe_bad_arguments" in text
    assert re.search(r"wx: mdwe\[\d+\]: refused to make memory at 0x[0-9a-f]+",
                     text)


def test_lax(boot):
    text = log_of(boot, "loglevel=7")
    assert re.search(r"^ok - written_code_runs_by_default$", text, re.M)
    assert "refused" not in text


def test_unknown(boot):
    assert "cmdline: wx=often is not known" in log_of(boot, "wx=often")
