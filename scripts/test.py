#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run the suites and print "N passed, N failed" as the last line.

    unit    tests of kernel files on the host, with sanitizers
    fuzz    a short run of each fuzzer, always with the same inputs
    model   model checking of the protocols, and of mutants that must fail
    linux   the guest programs on this machine's Linux
    boot    machines in QEMU, two at a time
    slow    not unless named: crowds of processes, in a machine of their own
    ladder  not unless named: all of the ladder, on one and four processors
            (the boot suite has one boot of it)
    python  not unless named: Python's own tests, here and on Linux
    full    all of these

Without names all but the slow ones run.  What fails is printed; all output is
kept in build/logs/SUITE*.log.  A suite that hangs has failed; the time limits
are for a slow machine, SLOW=2 in the environment doubles them."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = TOP / os.environ.get("BUILD", "build")
LOGS = BUILD / "logs"
SLOW = float(os.environ.get("SLOW", "1"))
UNIT_S, FUZZ_S, MODEL_S, LINUX_S, BOOT_FILE_S, SLOW_S, LADDER_S, PYTHON_S = (
    s * SLOW for s in (900, 600, 900, 600, 1200, 3600, 10800, 10800))

# Longest first: two run at a time.
BOOT_ORDER = ["test_ladder.py", "test_matrix.py", "test_guest.py",
              "test_shell.py"]
MODULE_S = 1200 * SLOW  # one of Python's modules
WORDS_MAX = 150  # lines of what failed


class Count:
    """What a suite came to."""

    def __init__(self, passed=0, failed=0, skipped=0, words=""):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.words = words  # what is to be read when something failed
        self.seconds = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self


def run(name, command, limit, **environment):
    """Run to the end, or to its limit; returns the log's text and status."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{name}.log"
    with open(path, "w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT,
                                   cwd=TOP, start_new_session=True,
                                   env={**os.environ, **environment})
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            status = "hung"
    return path.read_text(errors="replace"), status


def lines_of(text, pattern):
    return "\n".join(re.findall(pattern, text, re.M))


def tap(text, status):
    """Count the lines of programs that say "ok - " and "not ok - "."""
    passed = len(re.findall(r"^ok - (?!.* # SKIP )", text, re.M))
    skipped = len(re.findall(r"^ok - .* # SKIP ", text, re.M))
    failed = len(re.findall(r"^not ok - ", text, re.M))
    words = lines_of(text, r"^not ok - .*(?:\n    .*)*")
    if status and not failed:
        failed = 1
        words = f"status {status}:\n" + "\n".join(text.splitlines()[-20:])
    return Count(passed, failed, skipped, words)


def unit():
    return tap(*run("unit", ["scripts/unit.sh"], UNIT_S))


def fuzz():
    return tap(*run("fuzz", ["scripts/fuzz.sh", "-r", "10000"], FUZZ_S))


def model():
    return tap(*run("model", ["tests/model/run.sh"], MODEL_S))


def linux():
    programs = sorted(str(p) for p in (BUILD / "guest").iterdir()
                      if not p.name.startswith((".", "slow_", "runner")))
    command = [str(BUILD / "guest/runner"), *programs]
    return tap(*run("linux", command, LINUX_S))


def failures_of(text):
    """The part of pytest's output that tells why, not too long."""
    _, _, tail = text.partition("= FAILURES =")
    if not tail:
        _, _, tail = text.partition("= ERRORS =")
    tail = re.split(r"^[-=]+ (?:generated xml|short test summary)", tail,
                    flags=re.M)[0]
    lines = tail.splitlines()[1:]
    if len(lines) > WORDS_MAX:
        left_out = len(lines) - WORDS_MAX
        lines = lines[:WORDS_MAX] + [f"({left_out} more lines in the log)"]
    return "\n".join(lines) + "\n" + lines_of(text, r"^(?:FAILED|ERROR) .*$")


def pytest(name, words, limit, **environment):
    """Boot tests, counted from pytest's report."""
    report = LOGS / f"{name}.xml"
    report.unlink(missing_ok=True)
    # Debian's interpreter: the packages are its.
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "--tb=short",
               "-p", "no:cacheprovider", f"--junitxml={report}", *words]
    text, status = run(name, command, limit, **environment)
    if status == "hung" or not report.exists():
        tail = "\n".join(text.splitlines()[-40:])
        return Count(0, 1, 0, f"{name}: {status}\n{tail}")
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        for key in total:
            total[key] += int(suite.get(key, "0"))
    bad = total["failures"] + total["errors"]
    said = failures_of(text) if bad else ""
    if status != 0 and not bad:
        bad, said = 1, f"{name}: pytest's status is {status}\n{text[-2000:]}"
    return Count(total["tests"] - total["failures"] - total["errors"]
                 - total["skipped"], bad, total["skipped"], said)


def boot_file(path):
    begun = time.monotonic()
    got = pytest(path.stem, [str(path)], BOOT_FILE_S)
    got.seconds = time.monotonic() - begun
    return got


def slow():
    return pytest("slow", ["tests/boot/test_guest.py"], SLOW_S, TESTS="slow")


def ladder():
    return pytest("ladder", ["tests/boot/test_ladder.py"], LADDER_S,
                  TESTS="full")


def python():
    """Modules of Python's own tests: each is a test here, and says how many
    it has."""
    limit = str(MODULE_S)
    text, status = run("python", ["tests/python/modules.py", "--build",
                                  str(BUILD), "--seconds", limit], PYTHON_S)
    print(re.sub(r"^", "  python: ", lines_of(text, r"^(?:not )?ok - .*"),
                 flags=re.M), flush=True)
    return tap(text, status)


def boot():
    files = sorted((TOP / "tests/boot").glob("test_*.py"),
                   key=lambda p: (BOOT_ORDER.index(p.name)
                                  if p.name in BOOT_ORDER else 99, p.name))
    count = Count()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, got in zip(files, pool.map(boot_file, files)):
            print(f"  boot/{path.stem}: {got.passed} passed, "
                  f"{got.failed} failed, {got.skipped} skipped "
                  f"in {got.seconds:.0f} s", flush=True)
            count += got
            count.words += got.words + "\n" if got.words else ""
    return count


SUITES = {"unit": unit, "fuzz": fuzz, "model": model, "linux": linux,
          "boot": boot, "slow": slow, "ladder": ladder,
          "python": python}
NAMED_ONLY = ("slow", "ladder", "python")


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("suite", nargs="*", choices=[[], *SUITES, "full"],
                   help="what to run (all)")
    names = p.parse_args().suite or [n for n in SUITES
                                     if n not in NAMED_ONLY]
    if "full" in names:
        names = list(SUITES)
    begun_all = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    total = Count()
    for name in names:
        begun = time.monotonic()
        got = SUITES[name]()
        print(f"{name}: {got.passed} passed, {got.failed} failed, "
              f"{got.skipped} skipped in {time.monotonic() - begun:.0f} s",
              flush=True)
        if got.words.strip():
            print(got.words.rstrip())
        total += got
    print(f"took {time.monotonic() - begun_all:.0f} s")
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
