#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The ladder: session scripts of Debian's programs, here and on Linux.

Each script NN-name.sh of this folder runs in a chroot of the Debian root on
this machine's Linux and in the same root in Umbra; what they print must be
the same once numbers that differ from run to run (addresses, mostly) are made
the same.  Scripts hide what else may differ, PIDs and times, themselves.

    run.py                  all scripts, 4 processors
    run.py --cpus 1 20-bash 30-coreutils-text
    run.py --linux 20-bash  only Linux, print what it says
    run.py --keep DIR       keep both outputs of each script there

Needs root for the chroot, and `make esp ROOTFS=debian` before."""

import argparse
import dataclasses
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(TOP / "scripts"))
import qemu  # noqa: E402  (found by the line above)

SCRIPT_S = 300
BOOT_S = 120

# A root as a container has it: what init mounts in Umbra, no more.
ENTER = """
mount --bind "$1" "$1" && cd "$1" || exit 125
shift
mount -t proc proc proc && mount -t sysfs -o ro sysfs sys &&
mount -t tmpfs -o mode=0755 dev dev && mkdir dev/pts dev/shm &&
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts &&
mount -t tmpfs -o mode=1777 tmpfs dev/shm &&
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp &&
mount -t tmpfs -o mode=0755 tmpfs run || exit 125
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for fd in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${fd%:*}" "dev/${fd#*:}"
done
for node in 1:3:null 1:5:zero 1:7:full 1:8:random 1:9:urandom 5:0:tty; do
    numbers=${node%:*}
    mknod -m 666 "dev/${node##*:}" c "${numbers%:*}" "${numbers#*:}"
done
hostname umbra
pivot_root . mnt || exit 125
exec chroot . sh -c 'umount -l /mnt && exec "$@"' sh "$@"
"""

# What is not the program's doing: addresses.
SAME = [(re.compile(r"\b0x[0-9a-f]{8,16}\b"), "0xADDRESS")]


@dataclasses.dataclass
class Output:
    """What a script printed, and how it ended; status None: it did not."""

    text: str
    status: int = None


def scripts():
    """The names of all: "10-dash", "20-bash", ..."""
    return sorted(p.stem for p in HERE.glob("[0-9]*.sh"))


def normalise(text):
    for pattern, same in SAME:
        text = pattern.sub(same, text)
    return text


def parse(text, names):
    """The outputs between the marks; a script without an end has no status."""
    found = {}
    for name in names:
        mine = re.search(rf"^=== begin {re.escape(name)}\.sh\n(.*?)"
                         rf"(?:\n=== end {re.escape(name)}\.sh (\d+)$|\Z)",
                         text, re.M | re.S)
        if mine:
            status = mine.group(2)
            found[name] = Output(normalise(mine.group(1)),
                                 None if status is None else int(status))
    return found


def collect(folder):
    """The scripts, and the program gdb looks at, in a folder."""
    folder = pathlib.Path(folder) / "ladder"
    shutil.copytree(HERE, folder,
                    ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["clang", "-g", "-O0", "-pthread",
                    "-fdebug-compilation-dir=/ladder", "-o", folder / "target",
                    "target.c"], cwd=folder, check=True)
    return folder


def unpack(archive, root):
    """The root file system in a folder, with the scripts in /ladder."""
    os.chmod(root, 0o755)
    with open(archive, "rb") as data:
        subprocess.run(["cpio", "-idm", "--quiet"], stdin=data, cwd=root,
                       check=True)
    collect(root)


def why_not_linux():
    """Why there can be no chroot here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    done = subprocess.run(["unshare", "-mpfui", "true"], capture_output=True)
    return None if done.returncode == 0 else "cannot make namespaces"


def on_linux(archive, names, limit=SCRIPT_S):
    """Run scripts on this machine's Linux."""
    with tempfile.TemporaryDirectory(prefix="umbra-ladder-") as root:
        unpack(archive, root)
        done = subprocess.run(
            ["unshare", "-mpfui", "--propagation", "private", "sh", "-c",
             ENTER, "sh", root, "/ladder/guest.sh", str(int(limit)),
             *(f"{n}.sh" for n in names)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
    text = done.stdout.decode(errors="replace")
    if done.returncode == 125:
        raise RuntimeError(f"no chroot: {text}")
    return parse(text, names)


def boot_once(esp, archive, names, limit, options):
    """One boot; outputs so far, and what the machine said."""
    words = " ".join(f"{n}.sh" for n in names)
    with tempfile.TemporaryDirectory(prefix="umbra-ladder-") as folder:
        log = pathlib.Path(folder) / "serial.log"
        machine = qemu.Machine(
            esp=esp, initramfs=archive, serial=str(log), memory="2G",
            append=f"loglevel=4 -- single /ladder/guest.sh {int(limit)} "
                   f"{words}", **options)
        with machine:
            machine.run(BOOT_S + limit * len(names))
        text = log.read_bytes().decode(errors="replace").replace("\r", "")
    return parse(text, names), text


def in_umbra(esp, archive, names, limit=SCRIPT_S, **options):
    """Run scripts in Umbra.  When the machine dies in one, the next boot goes
    on behind it; .death says how."""
    found, deaths, left = {}, {}, list(names)
    while left:
        got, text = boot_once(esp, archive, left, limit, options)
        found.update(got)
        done = [n for n in left if n in got and got[n].status is not None]
        if len(done) == len(left):
            break
        died = left[len(done)]
        deaths[died] = "\n".join(text.splitlines()[-40:])
        left = left[len(done) + 1:]
    return found, deaths


def difference(linux, umbra):
    """Unified diff of two outputs, "" when they are the same."""
    def lines(output):
        return (output.text.rstrip("\n").split("\n")
                + [f"status {output.status}"])
    return "\n".join(difflib.unified_diff(lines(linux), lines(umbra),
                                          "Linux", "Umbra", lineterm="", n=2))


def guest_archive(base, folder):
    """The initramfs with the scripts in it."""
    out = pathlib.Path(folder) / "initramfs.cpio"
    subprocess.run([TOP / "scripts/initramfs.sh", "--output", out, "--base",
                    base, "--files", f"{collect(folder)}:/ladder"],
                   check=True)
    return str(out)


def keep(folder, name, which, output):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name.replace('/', '-')}.{which}").write_text(
        f"{output.text}\nstatus {output.status}\n")


def parse_args():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("script", nargs="*", help="names without .sh (all)")
    p.add_argument("--build", default=str(TOP / "build"))
    p.add_argument("--cpus", type=int, default=4)
    p.add_argument("--linux", action="store_true",
                   help="only Linux, print what the scripts say")
    p.add_argument("--rootfs", default="debian", help="as for make")
    p.add_argument("--seconds", type=float, default=SCRIPT_S,
                   help=f"what a script may take ({SCRIPT_S})")
    p.add_argument("--keep", metavar="DIR", help="keep both outputs")
    args = p.parse_args()
    args.script = [s.removesuffix(".sh") for s in args.script] or scripts()
    return args


def base_archive(rootfs="debian"):
    """The archive `make ROOTFS=...` uses; it is made if it is not there."""
    done = subprocess.run(["make", "-s", "-C", TOP, "print-rootfs",
                           f"ROOTFS={rootfs}"], check=True, text=True,
                          stdout=subprocess.PIPE)
    return TOP / done.stdout.splitlines()[-1]


def main():
    args = parse_args()
    base = base_archive(args.rootfs)
    linux = on_linux(base, args.script, args.seconds)
    if args.linux:
        for name, output in linux.items():
            print(f"=== {name}: status {output.status}\n{output.text}")
        return 0
    with tempfile.TemporaryDirectory(prefix="umbra-ladder-") as folder:
        umbra, deaths = in_umbra(f"{args.build}/esp",
                                 guest_archive(base, folder), args.script,
                                 args.seconds, cpus=args.cpus)
    failed = 0
    for name in args.script:
        here = linux.get(name, Output("(did not run)"))
        there = umbra.get(name, Output("(did not run)"))
        if args.keep:
            keep(args.keep, name, "linux", here)
            keep(args.keep, name, "umbra", there)
        wrong = deaths.get(name) or difference(here, there)
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} - ladder {name}")
        if wrong:
            print(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
