# SPDX-License-Identifier: MIT
"""The tests inside the kernel, on one and on two processors."""

import re

import pexpect
import pytest

from conftest import BOOT_S


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_all(boot, cpus):
    guest = boot(cpus=cpus, append="ktest=all")
    found = guest.console.expect([pexpect.EOF, r"(?i)kernel panic|panic:",
                                  pexpect.TIMEOUT], timeout=BOOT_S)
    if found == 1:
        guest.hear_out()
    if found:
        guest.die("the tests do not end" if found == 2 else "panic",
                  alive=found == 2)
    text = guest.log()
    plan = re.search(r"^\[ *[\d.]+\] 1\.\.(\d+)$", text, re.M)
    assert plan, "no plan: no test ran"
    planned = int(plan.group(1))
    results = re.findall(r"^\[ *[\d.]+\] (not ok|ok) (\d+) - (.*)$", text, re.M)
    bad = [f"{n} - {name}" for how, n, name in results if how != "ok"]
    assert not bad, "\n".join(bad)
    assert planned > 0
    assert [int(n) for _, n, _ in results] == list(range(1, planned + 1))
    assert f"# ktest: {planned} passed, 0 failed" in text
