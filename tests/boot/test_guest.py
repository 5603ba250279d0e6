# SPDX-License-Identifier: MIT
"""The guest programs inside Umbra, on one and on four processors.

All families run in one boot.  When the machine dies in one, that family has
failed and the next boot goes on with the one after it."""

import os
import re
import subprocess

import pexpect
import pytest

from conftest import BUILD, SLOW, Guest, initramfs

PROGRAMS = BUILD / "guest"
BOOT_LIMIT_S = 600 * SLOW
SLOW_LIMIT_S = 1500 * SLOW
FAMILY_LIMIT_S = 150 * SLOW
WORDS_MAX = 800  # characters of families on a command line


def families(slow):
    if not PROGRAMS.is_dir():
        return []
    return sorted(p.name for p in PROGRAMS.iterdir()
                  if not p.name.startswith(".") and p.name != "runner"
                  and p.name.startswith("slow_") == slow)


def fitting(names):
    """The first of them, as many as the kernel takes for one command line."""
    length = 0
    for i, name in enumerate(names):
        length += len(f" /guest/{name}")
        if length > WORDS_MAX:
            return names[:i]
    return names


def cases(family):
    done = subprocess.run([PROGRAMS / family, "--list"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


class Results:
    """What every case of some families came to."""

    def __init__(self, cpus, archive, slow=False):
        self.cpus = cpus
        self.archive = archive
        self.slow = slow
        self.lines = {}  # family -> {case: line}
        self.deaths = {}  # family -> how the machine died in it
        left = families(slow)
        boots = 0
        while left:
            left = self.boot(left, boots)
            boots += 1

    def boot(self, left, number):
        """Run those that fit on a command line; returns who had no chance."""
        names = fitting(left)
        return self.boot_these(names, number) + left[len(names):]

    def boot_these(self, names, number):
        limit = SLOW_LIMIT_S if self.slow else BOOT_LIMIT_S
        each = SLOW_LIMIT_S if self.slow else FAMILY_LIMIT_S
        words = " ".join(f"/guest/{n}" for n in names)
        kind = "slow" if self.slow else "guest"
        guest = Guest(f"{kind}-cpus={self.cpus}-{number}", cpus=self.cpus,
                      initramfs=self.archive, memory="2G",
                      # Warnings would fall into the programs' lines.
                      append="loglevel=3 "
                      f"-- single /guest/runner -t {int(each)} {words}")
        try:
            return self.follow(guest, names, limit)
        finally:
            guest.close()

    def follow(self, guest, names, limit):
        """Until the machine ends or dies; returns who had no chance."""
        found = guest.console.expect(
            [r"init: powering off", r"(?i)kernel panic|panic:",
             pexpect.EOF, pexpect.TIMEOUT], timeout=limit)
        if found == 1:
            guest.hear_out()
        elif found == 0:
            found = 0 if guest.ended() else 3
        text = guest.log()
        for name in names:
            if not self.take(name, text):
                how = ("ended early", "panicked", "ended", "hung")[found]
                self.deaths[name] = guest.words(f"the machine {how}",
                                                alive=found == 3)
                return names[names.index(name) + 1:]
            # A family's lines end where the next one's begin.
            text = text.split(f"guest: {name}: ", 1)[1]
        if found:
            self.deaths[names[-1]] = guest.words("the machine does not end",
                                                 alive=True)
            self.lines[names[-1]] = {}
        return []

    def take(self, name, text):
        """Keep the family's lines; returns whether it came to its end."""
        mine, end, _ = text.partition(f"guest: {name}: ")
        self.lines[name] = {
            m.group(2): m.group(0) for m in re.finditer(
                r"^(ok|not ok) - (\w+).*$", mine, re.M)}
        return bool(end)

    def check(self, family, case):
        line = self.lines.get(family, {}).get(case)
        if line and line.startswith("ok"):
            if "# SKIP" in line:
                pytest.skip(line.partition("# SKIP ")[2])
            return
        if line:
            pytest.fail(line, pytrace=False)
        # The whole story once, not with each of the family's cases.
        story = self.deaths.get(family, "was not run")
        self.deaths[family] = story.splitlines()[0]
        pytest.fail(story, pytrace=False)


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("guest") / "initramfs.cpio"
    return initramfs(path, f"{PROGRAMS}:/guest")


@pytest.fixture(scope="session", params=[1, 4], ids=lambda n: f"cpus={n}")
def results(request, archive):
    return Results(request.param, archive)


@pytest.fixture(scope="session")
def slow_results(archive):
    return Results(2, archive, slow=True)


# TESTS=slow is for those alone.
ASKED_FOR_SLOW = os.environ.get("TESTS") == "slow"

if ASKED_FOR_SLOW:
    @pytest.mark.parametrize("family,case", [(f, c) for f in families(True)
                                             for c in cases(f)])
    def test_slow_case(slow_results, family, case):
        slow_results.check(family, case)
else:
    @pytest.mark.parametrize("family,case", [(f, c) for f in families(False)
                                             for c in cases(f)])
    def test_case(results, family, case):
        results.check(family, case)
