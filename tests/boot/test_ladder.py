# SPDX-License-Identifier: MIT
"""The ladder: Debian's own programs print in Umbra what they print on Linux.

One boot runs all session scripts of tests/ladder; their output there is
compared with that of the same scripts in a chroot of the same root on this
machine's Linux.  TESTS=full: on one processor too."""

import os
import subprocess
import sys

import pytest

from conftest import BUILD, SLOW, TOP

sys.path.insert(0, str(TOP / "tests" / "ladder"))
import run as ladder  # noqa: E402  (found by the line above)

FULL = os.environ.get("TESTS") == "full"
SCRIPT_S = ladder.SCRIPT_S * SLOW


class Sessions:
    """What some scripts printed on either system."""

    def __init__(self, names, rootfs, folder, limit, **options):
        why = ladder.why_not_linux()
        if why:
            pytest.skip(f"no Linux to compare with: {why}")
        base = ladder.base_archive(rootfs)
        archive = ladder.guest_archive(base, folder)
        self.linux = ladder.on_linux(base, names, limit)
        self.umbra, self.deaths = ladder.in_umbra(
            str(BUILD / "esp"), archive, names, limit, **options)

    def check(self, name):
        missing = ladder.Output("(did not run)")
        wrong = self.deaths.get(name) or ladder.difference(
            self.linux.get(name, missing), self.umbra.get(name, missing))
        if wrong:
            pytest.fail(f"{name}:\n{wrong}", pytrace=False)


@pytest.fixture(scope="session", params=[1, 4] if FULL else [4],
                ids=lambda n: f"cpus={n}")
def sessions(request, tmp_path_factory):
    return Sessions(ladder.scripts(), "debian",
                    tmp_path_factory.mktemp("ladder"), SCRIPT_S,
                    cpus=request.param)


def test_every_tool_of_coreutils_is_used():
    """Each program of the package appears in a script."""
    used = "".join(p.read_text() for p in ladder.HERE.glob("3*.sh"))
    tools = subprocess.run(["dpkg", "-L", "coreutils"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    names = {t.rpartition("/")[2] for t in tools if "/bin/" in t}
    assert not [n for n in sorted(names) if n not in used]


@pytest.mark.parametrize("name", ladder.scripts())
def test_session(sessions, name):
    sessions.check(name)
