# SPDX-License-Identifier: MIT
"""Machines of many kinds: each boots to a shell that works."""

import shutil
import subprocess

import pytest

from conftest import BUILD, initramfs

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
    guest = boot().shell()
    guest.send("halt\n")
    guest.expect("init: halting")


def test_panic_when_init_dies(boot, esp, tmp_path):
    """PID 1 must not end; if it does the machine says so and stops."""
    source = tmp_path / "end.c"
    source.write_text("int main(void) { return 3; }\n")
    subprocess.run(["musl-gcc", "-static", "-o", esp / "umbra/init.elf",
                    source], check=True)
    (esp / "umbra/initramfs.cpio").unlink()
    guest = boot(esp=str(esp))
    found = guest.console.expect(["(?i)panic", "(?i)init.*(ended|exited|died)"],
                                 timeout=60)
    assert found in (0, 1)


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
    guest.expect(r"OWN INIT \[one\] \[two\] file there", 60)
    guest.ends()


def test_no_initramfs(boot, esp, tmp_path):
    own_init(esp / "umbra/init.elf", tmp_path)
    (esp / "umbra/initramfs.cpio").unlink()
    guest = boot(esp=str(esp))
    guest.expect("OWN INIT file absent", 60)
    guest.ends()


def test_init_of_the_initramfs_comes_first(boot, esp, tmp_path):
    own_init(tmp_path / "init", tmp_path)
    initramfs(esp / "umbra/initramfs.cpio", f"{tmp_path}/init:/init")
    guest = boot(esp=str(esp))
    guest.expect("OWN INIT", 60)
    guest.ends()


def test_init_by_command_line(boot, esp, tmp_path):
    own_init(tmp_path / "other", tmp_path)
    initramfs(esp / "umbra/initramfs.cpio", f"{tmp_path}/other:/sbin/other")
    guest = boot(esp=str(esp), append="init=/sbin/other")
    guest.expect("OWN INIT", 60)
    guest.ends()


@pytest.mark.parametrize("name", ["kernel.elf", "init.elf"])
@pytest.mark.parametrize("how", ["missing", "empty", "text", "truncated",
                                 "wrong-machine"])
def test_broken_file(boot, esp, name, how):
    """What, where and why are said, and the firmware has the machine back."""
    path = esp / "umbra" / name
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_bytes(b"this is no executable\n" * 100)
    elif how == "truncated":
        path.write_bytes(data[:len(data) // 3])
    else:
        path.write_bytes(data[:18] + b"\xb7\x00" + data[20:])
    if name == "init.elf":
        (esp / "umbra/initramfs.cpio").unlink()
    guest = boot(esp=str(esp))
    guest.console.expect(name.replace(".", r"\."), timeout=60)


CPIO = {
    "truncated": lambda d: d[:len(d) // 2],
    "bad-magic": lambda d: b"999999" + d[6:],
    "absurd-size": lambda d: d[:54] + b"fffffff0" + d[62:],
    "text": lambda d: b"not an archive" * 100,
    "compressed": lambda d: b"\x1f\x8b\x08\x00" + d[:5000],
}


@pytest.mark.parametrize("how", CPIO)
def test_broken_initramfs(boot, esp, how):
    """Named in the log; what is sound is used, or why not is said."""
    path = esp / "umbra/initramfs.cpio"
    path.write_bytes(CPIO[how](path.read_bytes()))
    guest = boot(esp=str(esp))
    guest.console.expect("(?i)initramfs|cpio", timeout=60)
