#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Python's own tests, in Umbra and on Linux.

modules.txt names the modules, and the tests known not to pass, each with its
cause.  All run in one boot on four processors, and in a chroot of the same root
on this machine's Linux.  A module is ok unless

    a test fails in Umbra that neither is listed nor fails on Linux;
    a test is skipped in Umbra that neither is listed nor is skipped on Linux;
    a test is missing that there is on Linux;
    what is listed does not happen, or no more;
    the program is killed or out of time.

    modules.py                  all modules
    modules.py test_os test_pty some
    modules.py --linux          only Linux: what its tests come to
    modules.py --keep DIR       keep the output of both

Needs root for the chroot, and `make esp` before."""

import argparse
import collections
import dataclasses
import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(TOP / "scripts"), str(TOP / "tests" / "ladder")]
import qemu  # noqa: E402  (found by the line above)
import run as ladder  # noqa: E402  (the chroot and the root's archive)

ROOTFS = "debian-test"
MODULE_S = 1200
BOOT_S = 120
FAILED = 2  # status of python3 -m test when tests failed


@dataclasses.dataclass
class Known:
    """A line of modules.txt: what is known of the tests a pattern matches."""

    result: str  # "fail" or "skip"
    pattern: str
    cause: str


@dataclasses.dataclass
class Outcome:
    """What a module came to.  status None: it did not end."""

    tests: dict  # name: (result, why)
    log: str = ""
    status: int = None

    def count(self):
        n = collections.Counter(r for r, _ in self.tests.values())
        return (f"{len(self.tests)} tests: {n['ok']} passed, "
                f"{n['skip']} skipped, {n['fail']} failed")

    def result(self, name):
        return self.tests.get(name, ("missing", ""))[0]


def read_list(text):
    """modules.txt: {module: [Known]}, in its order."""
    modules = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(None, 2)
        if not words or words[0].startswith("#"):
            continue
        if not line[0].isspace() and len(words) == 1:
            known = modules.setdefault(words[0], [])
        elif (line[0].isspace() and len(words) == 3 and modules
              and words[0] in ("fail", "skip")):
            known.append(Known(*words))
        else:
            raise ValueError(f"modules.txt:{number}: {line!r}")
    return modules


def known_modules():
    return read_list((HERE / "modules.txt").read_text())


def parse_tests(text):
    """The lines of report.py.  A test with several, of subtests, is what the
    worst of them says."""
    tests = {}
    order = ("ok", "skip", "fail")
    for result, name, why in re.findall(
            r"^(ok|skip|fail) (\S+?)(?:: (.*))?$", text, re.M):
        before = tests.get(name, ("ok", ""))[0]
        if order.index(result) >= order.index(before):
            tests[name] = (result, why)
    return tests


def parse(text):
    """The outcomes in the output of guest.sh."""
    found = {}
    for name, body, status in re.findall(
            r"^=== begin (\S+)\n(.*?)(?:^=== end \1 (\d+)$|\Z)",
            text, re.M | re.S):
        log = "\n".join(re.findall(r"^    (.*)$", body, re.M))
        found[name] = Outcome(parse_tests(body), log,
                              int(status) if status else None)
    return found


# --- running ---


def command(limit, modules):
    return ["/python/guest.sh", str(int(limit)), *modules]


def on_linux(modules, limit=MODULE_S):
    """Outcomes in a chroot, {} where there can be none."""
    if ladder.why_not_linux():
        return {}
    with tempfile.TemporaryDirectory(prefix="umbra-python-") as root:
        ladder.unpack(ladder.base_archive(ROOTFS), root)
        shutil.copytree(HERE, pathlib.Path(root) / "python")
        done = subprocess.run(
            ["unshare", "-mpfui", "--propagation", "private", "sh", "-c",
             ladder.ENTER, "sh", root, *command(limit, modules)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
    return parse(done.stdout.decode(errors="replace"))


def boot_once(archive, modules, limit, options):
    """One boot: the outcomes so far, and the machine's last words."""
    with tempfile.TemporaryDirectory(prefix="umbra-python-") as folder:
        log = pathlib.Path(folder) / "serial.log"
        machine = qemu.Machine(
            initramfs=archive, serial=str(log), memory="2G",
            append="loglevel=4 -- single "
                   + " ".join(command(limit, modules)), **options)
        with machine:
            machine.run(BOOT_S + limit * len(modules))
        text = log.read_bytes().decode(errors="replace").replace("\r", "")
    return parse(text), "\n".join(text.splitlines()[-40:])


def in_umbra(esp, modules, limit=MODULE_S, **options):
    """Outcomes in Umbra.  When the machine dies in a module, its log is the
    machine's, and the next boot goes on behind it."""
    found, left = {}, list(modules)
    with tempfile.TemporaryDirectory(prefix="umbra-python-") as folder:
        archive = str(pathlib.Path(folder) / "initramfs.cpio")
        subprocess.run(
            [TOP / "scripts/initramfs.sh", "--output", archive, "--base",
             ladder.base_archive(ROOTFS), "--files", f"{HERE}:/python"],
            check=True)
        while left:
            got, words = boot_once(archive, left, limit,
                                   {"esp": esp, **options})
            found.update(got)
            dead = next((n for n in left
                         if n not in got or got[n].status is None), None)
            if not dead:
                break
            tests = got[dead].tests if dead in got else {}
            found[dead] = Outcome(tests, f"the machine died:\n{words}")
            left = left[left.index(dead) + 1:]
    return found


# --- judging ---


def is_listed(known, result, name):
    return any(k.result == result and fnmatch.fnmatchcase(name, k.pattern)
               for k in known)


def unexpected(known, umbra, linux):
    """A line for each test that is not as Linux's, nor listed."""
    # One that broke off has said so: what is missing then says no more.
    if linux and umbra.status in (0, FAILED):
        for name in sorted(linux.tests.keys() - umbra.tests.keys()):
            yield f"missing: {name} ({linux.result(name)} on Linux)"
    for name, (result, why) in sorted(umbra.tests.items()):
        if result == "ok" or is_listed(known, result, name):
            continue
        # Of what is skipped nothing can be said without Linux.
        if result == (linux.result(name) if linux else "skip"):
            continue
        there = f" ({linux.result(name)} on Linux)" if linux else ""
        yield f"{result}: {name}: {why}{there}"


def stale(known, umbra):
    """A line for each line of the list that is not so."""
    for k in known:
        if not any(result == k.result and fnmatch.fnmatchcase(n, k.pattern)
                   for n, (result, _) in umbra.tests.items()):
            yield f"listed, but does not happen: {k.result} {k.pattern}"


def judge(known, umbra, linux=None):
    """What is wrong with a module, as lines; none: it is ok."""
    wrong = list(unexpected(known, umbra, linux))
    wrong += stale(known, umbra)
    if not umbra.tests:
        wrong.append("no test ran")
    if umbra.status not in (0, FAILED):
        wrong.append(f"status {umbra.status}")
    failed = any(r == "fail" for r, _ in umbra.tests.values())
    if umbra.status == FAILED and not failed:
        wrong.append("status tells of a failure that is no test's")
    if wrong and umbra.log:
        wrong.append(umbra.log)
    return wrong


def parse_args():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("module", nargs="*", help="(those of modules.txt)")
    p.add_argument("--build", default=str(TOP / "build"))
    p.add_argument("--cpus", type=int, default=4)
    p.add_argument("--linux", action="store_true",
                   help="only Linux: each test that does not pass, and why")
    p.add_argument("--seconds", type=float, default=MODULE_S,
                   help=f"what a module may take ({MODULE_S})")
    p.add_argument("--keep", metavar="DIR", help="keep what tests came to")
    return p.parse_args()


def keep(folder, name, which, outcome):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{r} {n}: {why}" for n, (r, why) in outcome.tests.items()]
    (folder / f"{name}.{which}").write_text(
        "\n".join([*lines, outcome.log, f"status {outcome.status}", ""]))


def show_linux(outcomes):
    for name, outcome in outcomes.items():
        print(f"{name}: {outcome.count()}")
        for test, (result, why) in outcome.tests.items():
            if result != "ok":
                print(f"    {result} {test}: {why}")


def show(name, known, umbra, linux):
    wrong = judge(known, umbra, linux)
    print(f"{'not ok' if wrong else 'ok'} - {name}: {umbra.count()}")
    for line in wrong:
        print("    " + line.replace("\n", "\n    "))
    return not wrong


def main():
    args = parse_args()
    modules = known_modules()
    names = args.module or list(modules)
    linux = on_linux(names, args.seconds)
    if args.linux:
        show_linux(linux)
        return 0
    umbra = in_umbra(f"{args.build}/esp", names, args.seconds, cpus=args.cpus)
    fine = True
    for name in names:
        there = umbra.get(name, Outcome({}))
        if args.keep:
            keep(args.keep, name, "umbra", there)
            keep(args.keep, name, "linux", linux.get(name, Outcome({})))
        fine &= show(name, modules.get(name, []), there, linux.get(name))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
