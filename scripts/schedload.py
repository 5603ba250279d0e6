#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Show what each scheduling policy does to three workloads.

Boots Umbra once for each policy of `sched=` with userspace/bench/schedload.c as
PID 1, on one processor with -icount shift=0, where a nanosecond is an
instruction: the figures are the same on any machine.  Prints a table in
Markdown, the one in kernel/sched/README.md."""

import argparse
import pathlib
import re
import shutil
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "scripts"))
import qemu  # noqa: E402

POLICIES = ["fair", "rr", "priority", "fcfs", "sjf", "mlfq"]

ROWS = [
    ("hogs: slowest of 3 equals when the first is done", "slowest_equal_percent", "%"),
    ("hogs: the one of nice 10 then", "nice_10_percent", "%"),
    ("hogs: mean time until an equal is done", "equal_done_us", "ms"),
    ("sleeper: late by, median", "late_median_us", "ms"),
    ("sleeper: late by, worst", "late_worst_us", "ms"),
    ("jobs: mean time until a short one is done", "short_done_us", "ms"),
    ("jobs: time until the long one is done", "long_done_us", "ms"),
]


def measure(build, policy, limit=600):
    """figure -> value under this policy."""
    build = pathlib.Path(build).resolve()
    with tempfile.TemporaryDirectory(prefix="umbra-sched-") as tmp:
        esp = pathlib.Path(tmp) / "esp"
        shutil.copytree(build / "esp", esp)
        shutil.copy(build / "schedload", esp / "umbra/init.elf")
        (esp / "umbra/initramfs.cpio").unlink(missing_ok=True)
        (build / "logs").mkdir(exist_ok=True)
        with qemu.Machine(esp=str(esp), cpus=1, memory="512M", cpu="max",
                          icount="shift=0,sleep=off",
                          cmdline=f"console=ttyS0 sched={policy}",
                          serial=str(build / f"logs/schedload-{policy}.log"),
                          extra=["-seed", "1", "-rtc",
                                 "base=2024-01-01,clock=vm"]) as machine:
            text = machine.run(limit).serial.replace("\r", "")
    if "SCHEDLOAD DONE" not in text:
        raise RuntimeError(f"sched={policy}: schedload did not finish; the "
                           "log ends:\n" + "\n".join(text.splitlines()[-20:]))
    return {figure: int(value) for figure, value in
            re.findall(r"^load\t\w+\t(\w+)\t(\d+)$", text, re.M)}


def show(value, unit):
    return f"{value} %" if unit == "%" else f"{value / 1000:.1f}"


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default="build")
    p.add_argument("policy", nargs="*", default=POLICIES)
    args = p.parse_args()
    names = args.policy or POLICIES
    found = {name: measure(args.build, name) for name in names}
    print("| | " + " | ".join(names) + " |")
    print("|---|" + "---:|" * len(names))
    for words, figure, unit in ROWS:
        cells = [show(found[name][figure], unit) for name in names]
        label = words + (", ms" if unit == "ms" else "")
        print(f"| {label} | " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
