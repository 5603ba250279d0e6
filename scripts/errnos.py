#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Which errors of which system calls the guest tests provoke.

Runs the guest families under strace on this machine's Linux, where they are
proven first, and holds the errors that the calls really gave against the ERRORS
section of each implemented call's man page.  An error that no test can provoke
is listed with its reason in tests/guest/errnos.tsv; an error that is neither
provoked nor listed is missing, and so is a call that never succeeds.

Prints what is missing and a closing line of counts.  --pairs shows every pair."""

import argparse
import collections
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
REASONS = TOP / "tests/guest/errnos.tsv"
MAN = pathlib.Path("/usr/share/man/man2")


def implemented():
    text = (TOP / "kernel/syscall/list.def").read_text()
    return re.findall(r"^SYSCALL\((\w+),", text, re.M)


def man_source(call, depth=0):
    path = MAN / f"{call}.2.gz"
    if not path.exists() or depth > 3:
        return ""
    text = gzip.open(path, "rt", errors="replace").read()
    other = re.match(r"\.so man2/(\w+)\.2", text)
    return man_source(other[1], depth + 1) if other else text


def meant_for(call, text):
    """Does the errno's description, "( openat ())", speak of this call?"""
    names = re.match(r"\.RB? \((.*)\)\s*$", text.strip().split("\n")[0])
    if not names:
        return True
    called = re.findall(r"(\w+)\s*\(\)", names[1])
    called += re.findall(r"\.BR? (\w+)", names[1])
    # The words may be names of operations or flags rather than of calls.
    if not called or not any((MAN / f"{n}.2.gz").exists() for n in called):
        return True
    return call in called or call.rstrip("0123456789") in called


def documented(call):
    """The errors that the man page names for this call."""
    text = re.sub(r'^\.\\".*\n', "", man_source(call), flags=re.M)
    part = re.search(r"^\.SH ERRORS\n(.*?)(?=^\.SH )", text, re.M | re.S)
    found = set()
    for entry in re.split(r"^\.TP.*\n", part[1] if part else "", flags=re.M):
        head, _, rest = entry.partition("\n")
        if head.startswith((".B E", ".BR E")) and meant_for(call, rest):
            found |= set(re.findall(r"\bE[A-Z0-9]{2,}\b", head))
    return {("EAGAIN" if e == "EWOULDBLOCK" else
             "EOPNOTSUPP" if e == "ENOTSUP" else e) for e in found}


def families(build):
    return sorted(str(p) for p in (build / "guest").iterdir()
                  if not p.name.startswith((".", "fuzz_", "slow_", "runner")))


def trace(build, log):
    command = ["strace", "-f", "-qq", "-o", log, str(build / "guest/runner"),
               "-t", "300", *families(build)]
    subprocess.run(command, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   start_new_session=True, check=False)


def provoked(log):
    """call -> errors seen; "" stands for success."""
    seen = collections.defaultdict(set)
    ended = re.compile(
        r"^\d+ +(?:<\.\.\. )?(\w+)(?: resumed>|\().*\) += "
        r"(-1 (E\w+)|\?.*|-?\d\w*)")
    with open(log, errors="replace") as lines:
        for line in lines:
            m = ended.match(line)
            if m:
                # How strace shows a call that a signal ended.
                interrupted = "ERESTART" in m[2]
                seen[m[1]].add("EINTR" if interrupted else m[3] or "")
            elif re.match(r"^\d+ +(exit|exit_group|rt_sigreturn|pause)\(",
                          line):
                seen[line.split()[1].split("(")[0]].add("")
    return seen


def reasons():
    found = {}
    if REASONS.exists():
        for line in REASONS.read_text().splitlines():
            if line and not line.startswith("#"):
                calls, errors, why = line.split("\t")
                for call in calls.split(","):
                    for error in errors.split(","):
                        found[call, error] = why
    return found


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default=os.environ.get("BUILD", "build"))
    p.add_argument("--log", help="strace's output of an earlier run")
    p.add_argument("--pairs", action="store_true")
    args = p.parse_args()
    if not (MAN / "open.2.gz").exists() or not shutil.which("strace"):
        sys.exit("errnos.py: needs the packages manpages-dev and strace")
    build = (TOP / args.build).resolve()
    with tempfile.TemporaryDirectory(prefix="umbra-errnos-") as tmp:
        log = args.log or os.path.join(tmp, "strace")
        if not args.log:
            trace(build, log)
        seen = provoked(log)
    why = reasons()
    named = tested = excused = 0
    missing = []
    for call in implemented():
        got = seen.get(call, set())
        if "" not in got and (call, "success") not in why:
            missing.append((call, "success"))
        for error in sorted(documented(call)):
            named += 1
            if error in got:
                tested += 1
            elif (call, error) in why or ("*", error) in why:
                excused += 1
            else:
                missing.append((call, error))
        if args.pairs:
            print(call, " ".join(sorted(got - {""})))
    by_call = collections.defaultdict(list)
    for call, error in missing:
        by_call[call].append(error)
    for call, errors in by_call.items():
        print(f"{call:<24}{' '.join(errors)}")
    extra = sum(len(g - {""} - documented(c)) for c, g in seen.items()
                if c in set(implemented()))
    print(f"{len(implemented())} calls, {named} errors in their man pages: "
          f"{tested} provoked, {excused} cannot be, "
          f"{len(missing)} missing; {extra} more that the pages do not name")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
