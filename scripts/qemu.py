#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Start QEMU with OVMF and an Umbra disk: the one place that knows how.

Run as a program it gives you the machine: the serial port is your terminal,
Ctrl-A X ends QEMU, Ctrl-A C is its monitor, Ctrl-A H lists more.  Imported as
a module it gives the tests struct-like Machine objects:

    with Machine(esp="build/esp", cpus=2, serial="log.txt") as m:
        result = m.run(timeout=60)

Nothing given is changed: the firmware's variables are a private copy, and a
folder used as a disk is copied too when something has to be added.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import tty

ROOT = pathlib.Path(__file__).resolve().parent.parent
OVMF = pathlib.Path("/usr/share/OVMF")

# Firmware builds by name: code, variables, extra machine options, arguments.
FIRMWARE = {
    "plain": ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "", []),
    "secboot": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd",
                "smm=on",
                ["-global", "driver=cfi.pflash01,property=secure,value=on"]),
    "setup": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.fd", "smm=on",
              ["-global", "driver=cfi.pflash01,property=secure,value=on"]),
}

# How the disk is attached.
DISKS = {
    "virtio": ["-device", "virtio-blk-pci,drive=disk,bootindex=0"],
    "ahci": ["-device", "ide-hd,drive=disk,bootindex=0"],
    "nvme": ["-device", "nvme,drive=disk,serial=umbra,bootindex=0"],
    "usb": ["-device", "qemu-xhci",
            "-device", "usb-storage,drive=disk,bootindex=0"],
}

DEBUG_EXIT_PORT = 0xF4


def debug_exit_code(value):
    """QEMU's exit code after the guest wrote value to the exit port."""
    return (value << 1 | 1) & 0xFF


@dataclasses.dataclass
class Result:
    """How a run ended."""

    code: int  # QEMU's exit status; negative: killed by that signal
    timed_out: bool
    serial: str  # what the serial port said, "" if it was the terminal


@dataclasses.dataclass
class Machine:
    """A machine to be: fields are what differs, methods make it run."""

    esp: str = None  # folder that becomes the ESP, or ...
    image: str = None  # ... a disk image (opened as a snapshot)
    cpus: int = 1
    memory: str = "1G"
    cpu: str = "max"
    machine: str = ""  # more options of -machine, "pit=off,hpet=off"
    firmware: str = "plain"
    disk: str = "ahci"
    display: str = "none"
    vga: str = None
    serial: str = None  # a file; None = the terminal with the monitor
    console: str = None  # a socket for the serial port; "serial" is its log
    tee: str = None  # what the terminal shows goes to this file too
    append: str = None  # words added to the command line of the ESP
    cmdline: str = None  # replaces it
    initramfs: str = None  # replaces umbra/initramfs.cpio of the ESP
    icount: str = None  # "shift=0,sleep=off"
    gdb: str = None  # "1234", or a device as for -gdb
    wait: bool = False  # stop before the first instruction
    qmp: str = None  # a socket's path
    debug_exit: bool = False
    kvm: bool = False
    writable: bool = False  # changes to the image stay
    extra: list = dataclasses.field(default_factory=list)
    _tmp: tempfile.TemporaryDirectory = None
    _process: subprocess.Popen = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        """Stop QEMU if it runs and remove the private files."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._tmp:
            self._tmp.cleanup()
            self._tmp = None

    def folder(self):
        """A private folder that lives as long as the machine."""
        if not self._tmp:
            self._tmp = tempfile.TemporaryDirectory(prefix="umbra-qemu-")
        return pathlib.Path(self._tmp.name)

    def _private_esp(self):
        """The ESP folder, with the changes that were asked for."""
        if (self.append is None and self.cmdline is None
                and self.initramfs is None):
            return pathlib.Path(self.esp).resolve()
        copy = self.folder() / "esp"
        shutil.copytree(self.esp, copy, dirs_exist_ok=True)
        (copy / "umbra").mkdir(exist_ok=True)
        file = copy / "umbra" / "cmdline.txt"
        words = self.cmdline
        if words is None:
            words = file.read_text() if file.exists() else ""
        if self.append is not None:
            words = join_cmdline(words, self.append)
        file.write_text(words.strip() + "\n")
        if self.initramfs:
            shutil.copy(self.initramfs, copy / "umbra" / "initramfs.cpio")
        return copy

    def _drive(self):
        if self.image:
            snapshot = "off" if self.writable else "on"
            return (f"if=none,id=disk,format=raw,snapshot={snapshot},"
                    f"file={self.image}")
        # vvfat gives a FAT disk of 504 MiB whatever is in it.
        return f"if=none,id=disk,format=raw,file=fat:rw:{self._private_esp()}"

    def command(self):
        """QEMU's command line, as a list."""
        code, variables, options, more = FIRMWARE[self.firmware]
        store = self.folder() / "vars.fd"
        if not store.exists():
            shutil.copy(OVMF / variables, store)
        machine = ",".join(filter(None, ["q35", options, self.machine]))
        args = ["qemu-system-x86_64", "-machine", machine]
        args += ["-accel", "kvm" if self.kvm else "tcg"]
        args += ["-cpu", self.cpu, "-smp", str(self.cpus), "-m", self.memory]
        args += ["-drive", "if=pflash,format=raw,unit=0,readonly=on,"
                           f"file={OVMF / code}"]
        args += ["-drive", f"if=pflash,format=raw,unit=1,file={store}"]
        if self.esp or self.image:
            args += ["-drive", self._drive(), *DISKS[self.disk]]
        args += ["-nic", "none", "-no-reboot", "-display", self.display]
        args += self._serial() + self._optional() + more + self.extra
        return args

    def _serial(self):
        if self.console:
            device = f"socket,id=com1,path={self.console},server=on,wait=off"
        elif self.serial:
            return ["-serial", f"file:{self.serial}"]
        else:
            device = "stdio,id=com1,mux=on,signal=off"
        log = self.serial if self.console else self.tee
        if log:
            device += f",logfile={log},logappend=off"
        args = ["-chardev", device, "-serial", "chardev:com1"]
        if not self.console:
            args += ["-mon", "chardev=com1"]
        return args

    def _optional(self):
        args = []
        if self.vga:
            args += ["-vga", self.vga]
        if self.icount:
            args += ["-icount", self.icount]
        if self.debug_exit:
            args += ["-device",
                     f"isa-debug-exit,iobase={DEBUG_EXIT_PORT:#x},iosize=4"]
        if self.gdb:
            device = f"tcp:127.0.0.1:{self.gdb}" if self.gdb.isdigit() \
                else self.gdb
            args += ["-gdb", device]
        if self.wait:
            args += ["-S"]
        if self.qmp:
            args += ["-qmp", f"unix:{self.qmp},server=on,wait=off"]
        return args

    def start(self, **popen):
        """Start QEMU and return at once."""
        if self.serial or self.console:
            popen.setdefault("stdin", subprocess.DEVNULL)
            popen.setdefault("stdout", subprocess.DEVNULL)
        self._process = subprocess.Popen(self.command(), **popen)
        return self._process

    def run(self, timeout=None, **popen):
        """Start QEMU, wait for its end and say how it was."""
        process = self.start(**popen)
        timed_out = False
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.kill()
            code = process.wait()
        return Result(code, timed_out, self.log())

    def log(self):
        """What the serial port said so far."""
        if not self.serial or not os.path.exists(self.serial):
            return ""
        return pathlib.Path(self.serial).read_text(errors="replace")


def monitor(qmp, command, timeout=20):
    """What QEMU's monitor answers, by the socket of Machine.qmp."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout)
        sock.connect(qmp)
        with sock.makefile("rw", encoding="utf-8") as stream:
            stream.readline()  # its greeting
            for what, arguments in (
                    ("qmp_capabilities", {}),
                    ("human-monitor-command", {"command-line": command})):
                stream.write(json.dumps({"execute": what,
                                         "arguments": arguments}) + "\n")
                stream.flush()
                answer = {}
                while "return" not in answer and "error" not in answer:
                    answer = json.loads(stream.readline())
            return str(answer.get("return", answer.get("error")))


def autopsy(qmp, build, folder):
    """Where every processor of a machine that hangs is, as text.

    gdb reads it from outside, so the kernel need not answer.  The machine is
    stopped by it."""
    server = str(pathlib.Path(folder) / "gdb.sock")
    kernel = pathlib.Path(build) / "kernel.debug"
    try:
        registers = monitor(qmp, "info registers -a")
        short = "\n".join(line for line in registers.splitlines()
                          if re.match(r"CPU#|RIP=|CR3=|.* CR3=", line))
        monitor(qmp, f"gdbserver unix:{server},server=on,wait=off")
        command = ["gdb", "-q", "-nx", "-batch",
                   "-iex", "set architecture i386:x86-64"]
        if kernel.exists():
            command += [str(kernel)]
        command += ["-ex", "set pagination off",
                    "-ex", f"source {ROOT / 'scripts/gdb/umbra.py'}",
                    "-ex", f"target remote {server}", "-ex", "umbra-symbols",
                    "-ex", "umbra-cpus", "-ex", "umbra-ps"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=120,
                              env={**os.environ, "UMBRA_BUILD": str(build)})
        return f"{short}\n{done.stdout}"
    except (OSError, ValueError, subprocess.SubprocessError) as why:
        return f"no backtrace: {why}"


def join_cmdline(words, more):
    """Add words: before a " -- ", after which they would be init's."""
    kernel, dashes, init = f" {words.strip()} ".partition(" -- ")
    joined = f"{kernel.strip()} {more.strip()}"
    if dashes:
        # "more" may bring words for init of its own.
        separator = " " if " -- " in f" {more} " else " -- "
        joined += separator + init.strip()
    return joined.strip()


def connect(path):
    """The terminal becomes that of a machine's console socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        print("connected; Ctrl-] leaves\r")
        saved = termios.tcgetattr(0) if os.isatty(0) else None
        try:
            if saved:
                tty.setraw(0)
            copy_both_ways(sock)
        finally:
            if saved:
                termios.tcsetattr(0, termios.TCSADRAIN, saved)


def copy_both_ways(sock):
    """Until either side ends or Ctrl-] comes."""
    while True:
        ready, _, _ = select.select([0, sock], [], [])
        if sock in ready:
            data = sock.recv(4096)
            if not data:
                return
            os.write(1, data)
        if 0 in ready:
            data = os.read(0, 4096)
            if not data or b"\x1d" in data:
                return
            sock.sendall(data)


def build_initramfs(machine, files):
    """An initramfs with more files, in the machine's folder."""
    out = machine.folder() / "initramfs.cpio"
    subprocess.run([ROOT / "scripts" / "initramfs.sh", "--output", out,
                    "--files", " ".join(files)], check=True)
    return str(out)


def parse_args(argv):
    """The program's options."""
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    disk = p.add_mutually_exclusive_group()
    disk.add_argument("--esp", help="folder that becomes the ESP "
                      "(default: build/esp)")
    disk.add_argument("--image", help="disk image instead of a folder; it is "
                      "not changed unless --writable")
    p.add_argument("--writable", action="store_true",
                   help="keep changes to the image")
    p.add_argument("--cpus", type=int, default=2, help="processors (2)")
    p.add_argument("--memory", default="1G", help="RAM, as QEMU's -m (1G)")
    p.add_argument("--cpu", default="max", help="processor model (max)")
    p.add_argument("--machine", default="", metavar="OPTIONS",
                   help="more -machine options: pit=off,hpet=off")
    p.add_argument("--firmware", choices=FIRMWARE, default="plain")
    p.add_argument("--disk", choices=DISKS, default="ahci",
                   help="what the disk is attached to (ahci)")
    p.add_argument("--display", default="none",
                   choices=["none", "gtk", "curses", "sdl"],
                   help="the screen (none: serial port only)")
    p.add_argument("--vga", help="graphics card: std virtio qxl none ...")
    p.add_argument("--append", metavar="WORDS",
                   help="words for the kernel command line")
    p.add_argument("--cmdline", metavar="WORDS",
                   help="the whole command line instead of cmdline.txt")
    p.add_argument("--files", action="append", default=[],
                   metavar="HOST:GUEST",
                   help="put a file or folder into the initramfs "
                   "(may be repeated)")
    p.add_argument("--initramfs", metavar="FILE",
                   help="another initramfs.cpio")
    p.add_argument("--icount", nargs="?", const="shift=0,sleep=off",
                   help="count instructions (shift=0,sleep=off)")
    p.add_argument("--gdb", nargs="?", const="1234", metavar="PORT",
                   help="listen for gdb on 127.0.0.1:PORT (1234)")
    p.add_argument("--wait", action="store_true",
                   help="do not start before gdb says so")
    p.add_argument("--qmp", metavar="SOCKET", help="machine protocol socket")
    p.add_argument("--debug-exit", action="store_true",
                   help="port 0xf4 ends QEMU with status value * 2 + 1")
    p.add_argument("--kvm", action="store_true",
                   help="the host's processor instead of emulation")
    p.add_argument("--log", metavar="FILE",
                   help="serial port to a file instead of the terminal")
    p.add_argument("--tee", metavar="FILE",
                   help="what the terminal shows goes to a file too")
    p.add_argument("--console", metavar="SOCKET",
                   help="serial port on a socket, --log is its copy")
    p.add_argument("--connect", metavar="SOCKET",
                   help="start nothing: be the terminal of such a socket")
    p.add_argument("--timeout", type=float, metavar="SECONDS",
                   help="kill QEMU after this time; status 124")
    p.add_argument("--print", action="store_true",
                   help="print the command instead of running it")
    p.add_argument("extra", nargs="*", metavar="-- ARGUMENT",
                   help="more arguments for QEMU")
    args = p.parse_args(argv)
    if args.files and args.image:
        p.error("--files needs --esp: an image has its initramfs inside")
    if (args.append or args.cmdline) and args.image:
        p.error("--append needs --esp: an image has its cmdline.txt inside")
    return args


def machine_of(args):
    """The Machine the options describe."""
    machine = Machine(
        esp=None if args.image else args.esp or str(ROOT / "build" / "esp"),
        image=args.image, cpus=args.cpus, memory=args.memory, cpu=args.cpu,
        machine=args.machine, firmware=args.firmware, disk=args.disk,
        display=args.display, vga=args.vga, serial=args.log,
        append=args.append, cmdline=args.cmdline, initramfs=args.initramfs,
        icount=args.icount, gdb=args.gdb, wait=args.wait, qmp=args.qmp,
        console=args.console, tee=args.tee, debug_exit=args.debug_exit,
        kvm=args.kvm, writable=args.writable, extra=args.extra)
    if args.files:
        machine.initramfs = build_initramfs(machine, args.files)
    return machine


def main():
    args = parse_args(sys.argv[1:])
    if args.connect:
        connect(args.connect)
        return 0
    with machine_of(args) as machine:
        if args.print:
            print(shlex.join(machine.command()))
            return 0
        # Ctrl-C is the guest's: QEMU's terminal is raw.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Whoever ends us ends QEMU: leave by way of close().
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *unused: sys.exit(143))
        result = machine.run(args.timeout)
        if result.timed_out:
            print(f"qemu.py: still running after {args.timeout:g} s",
                  file=sys.stderr)
            return 124
        return result.code if result.code >= 0 else 128 - result.code


if __name__ == "__main__":
    sys.exit(main())
