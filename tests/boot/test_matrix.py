# SPDX-License-Identifier: MIT
"""Machines of many kinds: each boots to a shell that works."""

import re
import shutil
import subprocess
import time

import pytest

from conftest import BOOT_S, BUILD, initramfs

MACHINES = {
    "plain": {},
    "memory=128M": {"memory": "128M"},
    "memory=6G": {"memory": "6G", "cpus": 2},
    "cpu=qemu64": {"cpu": "qemu64"},
    "cpu=qemu64-smp": {"cpu": "qemu64", "cpus": 2},
    "cpus=8": {"cpus": 8},
    "no-legacy": {"machine": "pit=off,pic=off,hpet=off"},
    "no-legacy-smp": {"machine": "pit=off,pic=off,hpet=off", "cpus": 4},
    "no-vga": {"vga": "none"},
    "no-screen-no-legacy": {"vga": "none",
                            "machine": "pit=off,pic=off,hpet=off"},
    "no-xsave": {"cpu": "max,-xsave"},
    "no-smap-smep": {"cpu": "max,-smap,-smep,-umip"},
    "no-x2apic": {"cpu": "max,-x2apic", "cpus": 2},
    "x2apic": {"cpu": "max,+x2apic", "cpus": 2},
    "nvme": {"disk": "nvme"},
    "virtio": {"disk": "virtio"},
}


def megabytes(text):
    unit = {"M": 1, "G": 1024}[text[-1]]
    return int(text[:-1]) * unit


@pytest.mark.parametrize("name", MACHINES)
def test_machine(boot, name):
    options = MACHINES[name]
    guest = boot(**options).shell()
    cpus = int(guest.run("grep -c ^processor /proc/cpuinfo"))
    assert cpus == options.get("cpus", 1)
    total = int(guest.run("awk '/MemTotal/ { print $2 }' /proc/meminfo"))
    expected = megabytes(options.get("memory", "1G"))
    assert expected * 0.80 * 1024 < total <= expected * 1024
    guest.run("ls / | sort | wc -l; ps | grep -q init; sleep 1")
    guest.run("for i in 1 2 3 4 5 6 7 8; do (seq 1 500 | sort -n | "
              "tail -n 1) & done; wait")
    guest.poweroff()


def test_reboot(boot):
    guest = boot().shell()  # QEMU ends at a reset: -no-reboot
    guest.send("reboot\n")
    guest.expect("init: restarting")
    guest.ends()


def test_halt(boot):
    """It says so, stays, and every processor rests."""
    guest = boot(cpus=2).shell()
    guest.send("halt\n")
    guest.expect("init: halting")
    guest.expect("power: halted; it is safe to turn off the machine")
    time.sleep(2)
    assert guest.console.isalive()
    resting = re.findall(r"HLT=(\d)", guest.monitor("info registers -a"))
    assert resting == ["1", "1"]


def test_panic_when_init_dies(boot, esp, tmp_path):
    """PID 1 must not end; if it does the machine says so and stops."""
    source = tmp_path / "end.c"
    source.write_text("int main(void) { return 3; }\n")
    subprocess.run(["musl-gcc", "-static", "-o", esp / "umbra/init.elf",
                    source], check=True)
    (esp / "umbra/initramfs.cpio").unlink()
    guest = boot(esp=str(esp), cpus=2)
    guest.hear_out()
    text = guest.log()
    assert "*** kernel panic ***" in text
    assert "init exited with status 0x300" in text
    assert re.search(r"CPU \d, thread .*:\r*\n.*process_exit\+0x", text) or \
        "process_exit+0x" in text
    assert text.count("CPU 0") and text.count("CPU 1")
    assert "panic: the machine is stopped" in text


OWN_INIT = r"""
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct stat st;
	char *text = "absent";

	if (getpid() == 1)
		printf("OWN INIT");
	for (int i = 1; i < argc; i++)
		printf(" [%s]", argv[i]);
	if (!stat("/hand/made", &st))
		text = "there";
	printf(" file %s\n", text);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
"""


def own_init(path, tmp_path):
    source = tmp_path / "own.c"
    source.write_text(OWN_INIT)
    subprocess.run(["musl-gcc", "-static", "-o", path, source], check=True)


def test_esp_made_by_hand(boot, tmp_path):
    """Own init, own initramfs, own command line: the contract."""
    esp = tmp_path / "mine"
    (esp / "EFI/BOOT").mkdir(parents=True)
    (esp / "umbra").mkdir()
    shutil.copy(BUILD / "esp/EFI/BOOT/BOOTX64.EFI", esp / "EFI/BOOT")
    shutil.copy(BUILD / "esp/umbra/kernel.elf", esp / "umbra")
    own_init(esp / "umbra/init.elf", tmp_path)
    (tmp_path / "hand").mkdir()
    (tmp_path / "hand/made").write_text("x")
    with open(esp / "umbra/initramfs.cpio", "wb") as out:
        subprocess.run(["cpio", "--create", "--format=newc", "--quiet"],
                       input=b"hand\nhand/made\n", stdout=out, cwd=tmp_path,
                       check=True)
    (esp / "umbra/cmdline.txt").write_text("console=ttyS0 -- one two\n")
    guest = boot(esp=str(esp))
    guest.expect(r"OWN INIT \[one\] \[two\] file there", BOOT_S)
    guest.ends()


def test_no_initramfs(boot, esp, tmp_path):
    own_init(esp / "umbra/init.elf", tmp_path)
    (esp / "umbra/initramfs.cpio").unlink()
    guest = boot(esp=str(esp))
    guest.expect("OWN INIT file absent", BOOT_S)
    guest.ends()


def test_init_of_the_initramfs_comes_first(boot, esp, tmp_path):
    own_init(tmp_path / "init", tmp_path)
    initramfs(esp / "umbra/initramfs.cpio", f"{tmp_path}/init:/init")
    guest = boot(esp=str(esp))
    guest.expect("OWN INIT", BOOT_S)
    guest.ends()


def test_init_by_command_line(boot, esp, tmp_path):
    own_init(tmp_path / "other", tmp_path)
    initramfs(esp / "umbra/initramfs.cpio", f"{tmp_path}/other:/sbin/other")
    guest = boot(esp=str(esp), append="init=/sbin/other")
    guest.expect("OWN INIT", BOOT_S)
    guest.ends()


# How a file is broken, and what the loader says of it.
BROKEN = {
    "missing": (None, "not found"),
    "empty": (lambda d: b"", "is empty"),
    "text": (lambda d: b"this is no executable\n" * 100,
             "offset 0: not an ELF file"),
    "truncated": (lambda d: d[:len(d) // 3],
                  r"offset 0x[\da-f]+: .*outside the file: truncated\?"),
    "wrong-machine": (lambda d: d[:18] + b"\xb7\0" + d[20:],
                      "offset 0: not for x86-64"),
}


@pytest.mark.parametrize("name", ["kernel.elf", "init.elf"])
@pytest.mark.parametrize("how", BROKEN)
def test_broken_file(boot, esp, name, how):
    """What, where and why are said, and the firmware has the machine back."""
    path = esp / "umbra" / name
    change, why = BROKEN[how]
    if change:
        path.write_bytes(change(path.read_bytes()))
    else:
        path.unlink()
    if name == "init.elf":
        (esp / "umbra/initramfs.cpio").unlink()
    guest = boot(esp=str(esp))
    guest.expect(rf"umbra: error: \\umbra\\{re.escape(name)}: [^\n]*{why}",
                 BOOT_S)
    guest.expect("BdsDxe: failed to start Boot")


def test_loader_names_a_compressed_initramfs(boot, esp):
    (esp / "umbra/initramfs.cpio").write_bytes(b"\x1f\x8b\x08\0" + b"x" * 99)
    guest = boot(esp=str(esp))
    guest.expect(r"umbra: error: \\umbra\\initramfs\.cpio: "
                 r"offset 0: is compressed \(gzip\)", BOOT_S)
    guest.expect("BdsDxe: failed to start Boot")


def newc(name, data=b"", mode=0o100644, size=None):
    """One entry of a newc archive; its size may be a lie."""
    size = len(data) if size is None else size
    fields = [1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + name + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


HAND = newc(b"hand", mode=0o040755) + newc(b"hand/made", b"x")
END = newc(b"TRAILER!!!")

# What the archive is, what the kernel says of it, and whether the sound entry
# before the fault is there.
CPIO = {
    "truncated": ((HAND + newc(b"later", b"y" * 99))[:-50],
                  r"initramfs: stopped at byte \d+ of \d+: "
                  "archive is truncated", "there"),
    "bad-magic": (HAND + b"999999" + newc(b"later")[6:] + END,
                  rf"initramfs: stopped at byte {len(HAND)} of \d+: "
                  "no newc header", "there"),
    "bad-field": (HAND + newc(b"later")[:54] + b"no digit" +
                  newc(b"later")[62:] + END,
                  r"initramfs: stopped at byte \d+ of \d+: malformed header",
                  "there"),
    "absurd-size": (HAND + newc(b"later", size=0xfffffff0) + END,
                    r"initramfs: stopped at byte \d+ of \d+: "
                    "archive is truncated", "there"),
    "leaves-the-root": (newc(b"../evil", b"e") + HAND + END,
                        r'initramfs: "\.\./evil": skipped: '
                        "name leaves the root", "there"),
    "text": (b"not an archive" * 100,
             r"initramfs: stopped at byte 0 of 1400: no newc header",
             "absent"),
}


@pytest.mark.parametrize("how", CPIO)
def test_broken_initramfs(boot, esp, tmp_path, how):
    """Named in the log, with place and reason; what is sound is used."""
    data, message, there = CPIO[how]
    own_init(esp / "umbra/init.elf", tmp_path)
    (esp / "umbra/initramfs.cpio").write_bytes(data)
    guest = boot(esp=str(esp))
    guest.expect(message, BOOT_S)
    guest.expect(f"OWN INIT file {there}")
    guest.ends()


def test_half_of_the_usual_initramfs(boot, esp):
    """The log tells what is missing, and what is there is used."""
    path = esp / "umbra/initramfs.cpio"
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])
    guest = boot(esp=str(esp))
    guest.expect(r"initramfs: stopped at byte \d+ of \d+: "
                 "archive is truncated", BOOT_S)
    guest.expect(r"boot: initramfs: \d+ entries")
    guest.expect("init: ")
