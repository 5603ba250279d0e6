# SPDX-License-Identifier: MIT
"""The loader's error paths.

One boot tries many disks: the firmware goes to the next when a loader returns.
So each broken disk shows its message AND that the firmware got control and
memory back, and the sound one at the end that a boot still works after that.
"""

import os
import re
import shutil
import struct
import subprocess
import sys

import pytest

from conftest import BOOT_S, BUILD, TOP

sys.path.insert(0, str(TOP / "scripts"))
import qemu  # noqa: E402

VA = 0xFFFFFFFF80000000
R, W, X = 4, 2, 1
LOAD, DYNAMIC = 1, 2

# RAX = BOOT_MAGIC; is it at RDI?  Out port 0xf4 says 0x10 or 0x11.
CODE = bytes.fromhex("48b8554d425242414230 483907 7504 b010 eb02 b011 e6f4"
                     "f4 ebfd".replace(" ", ""))


def elf(segments=None, machine=62, kind=3, entry=VA, size=None, klass=2):
    """An ELF file; a segment is (flags, va, bytes, memsz[, type])."""
    if segments is None:
        segments = [(R | X, VA, CODE, len(CODE))]
    offset = 4096
    heads, body = b"", b""
    for flags, va, data, memsz, *kind_of in segments:
        body += bytes(offset + va % 4096 - 4096 - len(body)) + data
        heads += struct.pack("<IIQQQQQQ", kind_of[0] if kind_of else LOAD,
                             flags, offset + va % 4096, va, va, len(data),
                             memsz, 4096)
        offset += (va % 4096 + len(data) + 4095) // 4096 * 4096
    head = b"\x7fELF" + bytes([klass, 1, 1]) + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", kind, machine, 1, entry, 64, 0, 0, 64, 56,
        len(segments), 0, 0, 0)
    file = (head + heads).ljust(4096, b"\0") + body
    return file if size is None else file[:size]


PAGE = bytes(4096)
TEXT = (R | X, VA, CODE, len(CODE))
INIT = elf([(R | X, 0x400000, CODE, len(CODE))], kind=2, entry=0x400000)
NOT_TO_BE_REACHED = elf()

# name: what the ESP holds, what the message must say.
BROKEN = {
    "missing": ({}, r"kernel\.elf: not found"),
    "empty": ({"kernel.elf": b""}, r"kernel\.elf: is empty"),
    "text": ({"kernel.elf": b"#!/bin/sh\n" * 20},
             r"kernel\.elf: offset 0: not an ELF file"),
    "machine": ({"kernel.elf": elf(machine=183)},
                r"kernel\.elf: offset 0: not for x86-64"),
    "class": ({"kernel.elf": elf(klass=1)}, r"offset 0: not a 64-bit"),
    "truncated": ({"kernel.elf": elf(size=4096 + 7)},
                  r"offset 0x40: program header 0: segment outside the file"),
    "overlap": ({"kernel.elf": elf([TEXT, (R, VA, PAGE, 8192),
                                    (R | W, VA + 4096, PAGE, 4096)])},
                r"offset 0x78: program header 1: segment overlaps"),
    "shared": ({"kernel.elf": elf([TEXT, (R | W, VA + 2048, PAGE, 4096)])},
               r"program header 1: shares a page"),
    "wx": ({"kernel.elf": elf([TEXT, (R | W | X, VA + 4096, PAGE, 4096)])},
           r"program header 1: segment is writable and executable"),
    "wraps": ({"kernel.elf": elf([TEXT, (R, VA + 4096, PAGE, 1 << 63)])},
              r"program header 1: segment wraps"),
    "low": ({"kernel.elf": elf([(R | X, 0x100000, CODE, len(CODE))],
                               entry=0x100000)},
            r"program header 0: segment outside the allowed"),
    "huge": ({"kernel.elf": elf([TEXT, (R | W, VA + 4096, b"", 1 << 29)]),
              "init.elf": INIT},
             r"kernel\.elf: no memory for 5242\d\d KiB"),
    "relocation": ({"kernel.elf": elf([
        TEXT,
        (R, VA + 4096, bytes(64) + struct.pack("<QQQ", VA, 1 << 32 | 6, 0),
         88),
        (R, VA + 4096, struct.pack("<QQQQQQQQ", 7, VA + 4096 + 64, 8, 24,
                                   9, 24, 0, 0), 64, DYNAMIC)]),
        "init.elf": INIT},
        r"relocation type 6 at 0xffffffff80000000 cannot be served"),
    "no-init": ({"kernel.elf": NOT_TO_BE_REACHED},
                r"init\.elf: not found"),
    "bad-init": ({"kernel.elf": NOT_TO_BE_REACHED, "init.elf": b"\x7fELF"},
                 r"init\.elf: offset 0: shorter than an ELF header"),
    "gzip": ({"kernel.elf": NOT_TO_BE_REACHED, "init.elf": INIT,
              "initramfs.cpio": b"\x1f\x8b\x08\x00" + bytes(60)},
             r"initramfs\.cpio: offset 0: is compressed \(gzip\)"),
}
SOUND = {"kernel.elf": elf(), "initramfs.cpio": b"07070100"}


def make_esp(folder, files):
    """An ESP with the loader and these files in \\umbra."""
    (folder / "EFI/BOOT").mkdir(parents=True)
    (folder / "umbra").mkdir()
    shutil.copy(BUILD / "loader.efi", folder / "EFI/BOOT/BOOTX64.EFI")
    for name, data in files.items():
        (folder / "umbra" / name).write_bytes(data)
    return folder


def disk(folder, index):
    """QEMU arguments of one more disk to boot from."""
    image = folder.with_suffix(".img")
    subprocess.run(["mformat", "-C", "-f", "2880", "-i", image, "::"],
                   check=True)
    subprocess.run(["mcopy", "-s", "-Q", "-i", image, folder / "EFI",
                    folder / "umbra", "::"], check=True)
    return ["-drive", f"if=none,id=d{index},format=raw,snapshot=on,"
                      f"file={image}",
            "-device", f"virtio-blk-pci,drive=d{index},bootindex={index}"]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The serial log of the one boot, and how QEMU ended."""
    tmp = tmp_path_factory.mktemp("loader")
    extra = []
    for index, (name, (files, _)) in enumerate(BROKEN.items()):
        extra += disk(make_esp(tmp / name, files), index)
    extra += disk(make_esp(tmp / "sound", SOUND), len(BROKEN))
    with qemu.Machine(memory="256M", serial=str(tmp / "serial.log"),
                      debug_exit=True, extra=extra) as machine:
        result = machine.run(timeout=BOOT_S)
    # One entry per try of the firmware: what followed its announcement.
    tries = re.split(r"BdsDxe: starting Boot", result.serial)[1:]
    return result, tries


@pytest.mark.parametrize("name", BROKEN)
def test_broken(log, name):
    _, tries = log
    said = tries[list(BROKEN).index(name)]
    assert re.search(r"umbra: error: \\umbra\\.*" + BROKEN[name][1], said)
    assert re.search(r"BdsDxe: failed to start Boot", said)


def test_sound_boots_after_all(log):
    result, tries = log
    assert len(tries) == len(BROKEN) + 1
    assert "error" not in tries[-1]
    assert result.code == qemu.debug_exit_code(0x10), result.serial


def test_loader_has_no_writable_code():
    """Sections, alignment and the NX mark of the PE."""
    text = subprocess.run(
        ["llvm-readobj", "--file-headers", "--sections",
         BUILD / "loader.efi"],
        check=True, capture_output=True, text=True).stdout
    assert "SectionAlignment: 4096" in text
    assert "NX_COMPAT" in text
    for section in text.split("Section {")[1:]:
        assert not ("MEM_WRITE" in section and "MEM_EXECUTE" in section)


if __name__ == "__main__":
    sys.exit(pytest.main([os.path.abspath(__file__), *sys.argv[1:]]))
