# SPDX-License-Identifier: MIT
"""What the loader hands over, checked by a kernel made for that, on machines
that differ and on a firmware that lies (tests/boot/fault)."""

import re
import shutil
import subprocess
import sys
import time

import pytest

from conftest import BOOT_S, BUILD, TOP
from test_loader import INIT

sys.path.insert(0, str(TOP / "scripts"))
import qemu  # noqa: E402

NO_FRAMEBUFFER = {"framebuffer": 0, "format": 0}
MACHINES = {
    "plain": ({"vga": "none", "extra": [
        "-device", "VGA,edid=on,xres=1920,yres=1080"]},
        {"tries": 1, "width": 1920}),
    "oldest-cpu-128M": ({"cpu": "qemu64", "memory": "128M"}, {}),
    "blind-6G-rng": ({"vga": "none", "memory": "6G",
                      "extra": ["-device", "virtio-rng-pci"]},
                     {**NO_FRAMEBUFFER, "seed_quality": 512}),
    "blt-only": ({"vga": "none", "extra": ["-device", "virtio-gpu-pci"]},
                 NO_FRAMEBUFFER),
    "nvme-no-legacy": ({"disk": "nvme",
                        "machine": "pit=off,pic=off,hpet=off"}, {}),
    "usb": ({"disk": "usb", "machine": "i8042=off"}, {}),
}


@pytest.fixture(scope="module")
def esp(tmp_path_factory):
    """The loader, the checking kernel, any init, a command line to clean."""
    subprocess.run(["make", "-s", "-C", TOP, f"BUILD={BUILD}",
                    "loader-tests"], check=True)
    folder = tmp_path_factory.mktemp("handoff") / "esp"
    (folder / "EFI/BOOT").mkdir(parents=True)
    (folder / "umbra").mkdir()
    shutil.copy(BUILD / "loader.efi", folder / "EFI/BOOT/BOOTX64.EFI")
    shutil.copy(BUILD / "tests/handoff.elf", folder / "umbra/kernel.elf")
    (folder / "umbra/init.elf").write_bytes(INIT)
    (folder / "umbra/cmdline.txt").write_bytes(
        b"\xef\xbb\xbf first\r\nsecond -- third\r\n\r\n")
    return folder


def boot(esp, tmp_path, **options):
    """Boot; every check must hold.  The facts it printed."""
    options.setdefault("memory", "512M")
    with qemu.Machine(esp=str(esp), serial=str(tmp_path / "serial.log"),
                      debug_exit=True, **options) as machine:
        result = machine.run(timeout=BOOT_S)
    assert "not ok" not in result.serial, result.serial
    assert result.code == qemu.debug_exit_code(0x10), result.serial
    return {name: int(value, 16) for name, value in
            re.findall(r"^(\w+)=([0-9a-f]{16})", result.serial, re.M)}


@pytest.mark.parametrize("name", MACHINES)
def test_machine(esp, tmp_path, name):
    options, expected = MACHINES[name]
    facts = boot(esp, tmp_path, **options)
    assert {key: facts[key] for key in expected} == expected


def test_lying_firmware(esp, tmp_path):
    """Odd descriptors, overlaps, a growing map, failing ExitBootServices."""
    folder = tmp_path / "esp"
    shutil.copytree(esp, folder)
    (folder / "EFI/BOOT/BOOTX64.EFI").rename(folder / "EFI/BOOT/NEXT.EFI")
    shutil.copy(BUILD / "tests/fault.efi", folder / "EFI/BOOT/BOOTX64.EFI")
    facts = boot(folder, tmp_path)
    assert facts["tries"] == 4
    assert facts["stride"] == 64
    assert facts["edid"] == 128


def test_slides_differ(esp, tmp_path):
    """Two boots, two places (one pair in 500 is the same by chance)."""
    slides = [boot(esp, tmp_path)["slide"] for _ in range(2)]
    assert slides[0] != slides[1]


def test_tpm_log(esp, tmp_path):
    """With a TPM the event log comes along."""
    if not shutil.which("swtpm"):
        pytest.skip("swtpm is not installed")
    socket = tmp_path / "tpm.sock"
    tpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate",
                            f"dir={tmp_path}", "--ctrl",
                            f"type=unixio,path={socket}"])
    try:
        for _ in range(50):
            if socket.exists():
                break
            time.sleep(0.1)
        facts = boot(esp, tmp_path, extra=[
            "-chardev", f"socket,id=tpm,path={socket}",
            "-tpmdev", "emulator,id=tpm0,chardev=tpm",
            "-device", "tpm-crb,tpmdev=tpm0"])
    finally:
        tpm.kill()
        tpm.wait()
    assert 100 < facts["tpm_log"] < 1 << 16
