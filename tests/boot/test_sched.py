# SPDX-License-Identifier: MIT
"""Each policy of sched= on three workloads: who gets the processor.

The bounds are what tells the policies apart, with much room: a noisy machine
moves the figures a little.  scripts/schedload.py has exact ones."""

import re

import pytest

from conftest import BUILD, SLOW, initramfs

# policy -> (equals advance together, nice counts, who sleeps much goes first)
LAWS = {
    "fair": (True, True, True),
    "rr": (True, False, False),
    "priority": (True, True, False),
    "fcfs": (False, False, False),
    "sjf": (True, False, True),
    "mlfq": (True, False, True),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("sched") / "initramfs.cpio"
    return initramfs(path, f"{BUILD / 'schedload'}:/bin/schedload")


@pytest.mark.parametrize("policy", LAWS)
def test_policy(boot, archive, policy):
    equals, nice, sleepers = LAWS[policy]
    guest = boot(cpus=1, initramfs=archive,
                 append=f"sched={policy} -- single /bin/schedload")
    guest.expect("SCHEDLOAD DONE", 180 * SLOW)
    found = {name: int(value) for name, value in
             re.findall(r"^load\t\w+\t(\w+)\t(\d+)$", guest.log(), re.M)}
    assert "using fair" not in guest.log()
    assert found["done_before_hogs"] == sleepers
    assert (found["slowest_equal_percent"] > 50) == equals
    # fcfs: not even begun.
    assert (found["nice_10_percent"] < 50) == (nice or not equals)
    # Short jobs wait for the long one, which is due first, by one law only.
    late = found["short_done_us"] > found["long_done_us"] / 3
    assert late == (policy == "fcfs")
