#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measure Umbra with kbench and print it beside Linux's recorded figures.

The reference machine is QEMU's q35 with one processor without ERMS and FSRM
(TCG counts each step of a REP instruction) and 1 GiB, and -icount shift=0,
where the TSC counts guest instructions.  Linux ran with its mitigations and
hardening off (userspace/bench/linux-*.tsv).  The figure is the minimum of the
batches; the ratio is Umbra's to the better of the two Linuxes, so below 1 is
faster.  Results are kept in build/bench/umbra.tsv."""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "scripts"))
import qemu  # noqa: E402

BETTER_IS_MORE = {"percent"}


def rows(text):
    """name -> (unit, least ticks), or (None, why it was skipped)."""
    found = {}
    for line in text.replace("\r", "").splitlines():
        field = line.split("\t")
        if len(field) == 7 and field[0] not in ("skip", "fail"):
            ticks = field[5] if field[5] != "-" else field[3]
            found[field[0]] = (field[1], float(ticks))
        elif field[0] in ("skip", "fail") and len(field) > 1:
            found[field[1]] = (None, " ".join([field[0], *field[2:]]))
    return found


def measure(build, arguments, limit):
    """Boot the reference machine; returns the serial log's text."""
    out = build / "bench"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="umbra-bench-") as tmp:
        esp = pathlib.Path(tmp) / "esp"
        shutil.copytree(build / "esp", esp)
        shutil.copy(build / "kbench", esp / "umbra/init.elf")
        # No initramfs: kbench is /init and needs /tmp, which it mounts.
        (esp / "umbra/initramfs.cpio").unlink(missing_ok=True)
        cmdline = "console=ttyS0 quiet -- " + " ".join(arguments)
        with qemu.Machine(esp=str(esp), cpus=1, memory="1G",
                          cpu="max,-erms,-fsrm", icount="shift=0,sleep=off",
                          cmdline=cmdline, serial=str(out / "umbra.log"),
                          extra=["-seed", "1", "-rtc",
                                 "base=2024-01-01,clock=vm"]) as machine:
            result = machine.run(limit)
    if "KBENCH DONE" not in result.serial:
        print("bench.py: kbench did not finish; the log ends:\n" +
              "\n".join(result.serial.splitlines()[-20:]), file=sys.stderr)
    return result.serial


def show(x):
    return "-" if x is None else f"{x:.0f}" if x >= 1000 else f"{x:.1f}"


def table(umbra, linuxes):
    """Print the rows; returns how many are slower than Linux."""
    print(f"{'benchmark':<22}{'unit':<18}{'Linux 6.1':>12}"
          f"{'Linux 6.12':>12}{'Umbra':>12}{'ratio':>8}")
    slower = 0
    names = list(linuxes[0]) + [n for n in umbra if n not in linuxes[0]]
    for name in names:
        theirs = [l.get(name, (None, None))[1] for l in linuxes]
        theirs = [t if isinstance(t, float) else None for t in theirs]
        unit, ours = umbra.get(name, (None, "missing"))
        label = unit or linuxes[0].get(name, ("",))[0] or ""
        line = f"{name:<22}{label:<18}{show(theirs[0]):>12}" \
               f"{show(theirs[1]):>12}"
        if unit is None:
            print(f"{line}  {ours}")
            continue
        known = [t for t in theirs if t]
        more = label in BETTER_IS_MORE
        best = (max if more else min)(known) if known else None
        ratio = (best / ours if more else ours / best) \
            if best and ours else None
        slower += ratio is not None and ratio > 1 and name != "spin"
        print(f"{line}{show(ours):>12}"
              f"{'-' if ratio is None else f'{ratio:.2f}':>8}")
    return slower


def boot_figures(text, build):
    """Lines on the boot: kbench as PID 1 says what it found."""
    init = re.search(r"KBENCH INIT .*uptime_ns=(\d+) .*used_kib=(\d+)", text)
    if not init:
        return []
    stripped = build / "bench/kernel.stripped"
    subprocess.run(["llvm-strip", "-o", stripped, build / "kernel.elf"],
                   check=True)
    # The clock starts at kernel entry, and a tick is an instruction.
    return [f"kernel entry to PID 1: {int(init[1]) / 1e6:.1f} million "
            "instructions",
            f"MemTotal - MemFree when PID 1 starts: {init[2]} KiB "
            "(Linux 6.12: 32508 KiB)",
            f"kernel image, stripped: {stripped.stat().st_size // 1024} KiB"]


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default="build", type=pathlib.Path)
    p.add_argument("--limit", default=900, type=float,
                   help="seconds before QEMU is killed (900)")
    p.add_argument("--log", type=pathlib.Path,
                   help="show an old log instead of measuring")
    p.add_argument("--only", help="benchmarks, as kbench's --only")
    p.add_argument("--ms", default="20", help="kbench's --ms (20)")
    args = p.parse_args()
    words = ["--ms", args.ms] + (["--only", args.only] if args.only else [])
    text = args.log.read_text(errors="replace") if args.log \
        else measure(args.build.resolve(), words, args.limit)
    linuxes = [rows((TOP / f"userspace/bench/linux-{v}.tsv").read_text())
               for v in ("6.1", "6.12")]
    umbra = rows(text)
    if args.only:
        linuxes = [{n: l[n] for n in l if n in umbra} for l in linuxes]
    slower = table(umbra, linuxes)
    print("\n".join(boot_figures(text, args.build.resolve())))
    lines = [l for l in text.replace("\r", "").splitlines()
             if l.count("\t") == 6 or l.startswith(("skip\t", "fail\t", "KBENCH"))]
    if not args.log:
        (args.build / "bench/umbra.tsv").write_text("\n".join(lines) + "\n")
    measured = sum(1 for u, _ in umbra.values() if u)
    print(f"{measured} rows measured, {slower} slower than Linux")
    return 0 if "KBENCH DONE" in text else 1


if __name__ == "__main__":
    sys.exit(main())
