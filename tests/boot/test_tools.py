# SPDX-License-Identifier: MIT
"""What people use: a disk image, the machine on a terminal, the debugger."""

import re
import socket
import subprocess
import time

import pexpect
import pytest

from conftest import BOOT_S, BUILD, COMMAND_S, PROMPT, TOP, Died


def spawn(path, *arguments, log):
    console = pexpect.spawn(
        str(path), [str(a) for a in arguments], cwd=str(TOP), timeout=BOOT_S,
        encoding="utf-8", codec_errors="replace", dimensions=(40, 200))
    console.logfile_read = open(BUILD / "logs" / log, "w", encoding="utf-8")
    return console


def test_image_boots(boot, tmp_path):
    image = tmp_path / "umbra.img"
    subprocess.run([TOP / "scripts/image.sh", BUILD / "esp", image],
                   check=True)
    before = image.read_bytes()
    guest = boot(esp=None, image=str(image), disk="usb").shell()
    guest.run("test -x /bin/busybox")
    guest.poweroff()
    assert image.read_bytes() == before


def test_machine_on_a_terminal(tmp_path):
    """scripts/qemu.py as `make run` uses it, with files of one's own."""
    (tmp_path / "one").write_text("mine\n")
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/two").write_text("too\n")
    console = spawn(TOP / "scripts/qemu.py", "--esp", BUILD / "esp",
                    "--cpus", 2, "--tee", tmp_path / "tee", "--append",
                    "loglevel=4 -- ", "--files", f"{tmp_path}/one:/data/one",
                    "--files", f"{tmp_path}/dir:/data/dir",
                    log="test_machine_on_a_terminal.log")
    console.expect(PROMPT)
    console.send("cat /data/one /data/dir/two; nproc\n")
    console.expect(r"mine\r*\ntoo\r*\n2\r*\n")
    console.expect(PROMPT)
    console.send("sleep 100\n")
    time.sleep(1)
    console.send("\x03")  # the guest's, not QEMU's
    console.expect(PROMPT, COMMAND_S)
    console.send("poweroff\n")
    console.expect("init: powering off")
    console.expect(pexpect.EOF)
    console.close()
    assert console.exitstatus == 0
    assert "init: powering off" in (tmp_path / "tee").read_text()


def test_a_hang_is_told(boot):
    """The harness itself: what it says of a machine that does not answer."""
    guest = boot(cpus=2).shell()
    with pytest.raises(Died) as died:
        guest.expect("what is never said", timeout=2)
    text = str(died.value)
    assert "Enter 'help'" in text  # the log's end
    for cpu in range(2):
        assert re.search(rf"^CPU {cpu}: kernel mode, .*idle", text, re.M)
    assert re.search(r"^#\d+ .* at kernel/\S+:\d+$", text, re.M)
    assert re.search(r"^ +1 +0 +1 \w+ .*  init ", text, re.M)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(scope="module")
def gdb():
    """gdb on a machine that has come to its shell."""
    gdb = spawn(TOP / "scripts/debug.sh", "--build", BUILD, "--port",
                free_port(), "--", "--cpus", "2", log="test_debug.log")
    gdb.expect(r"\(gdb\) ")
    gdb.send("continue\n")
    log = BUILD / "debug.log"
    for _ in range(int(BOOT_S)):
        if log.exists() and b"Enter 'help'" in log.read_bytes():
            break
        time.sleep(1)
    else:
        pytest.fail("the machine does not boot under gdb")
    time.sleep(1)
    gdb.send("\x03")
    gdb.expect(r"SIGINT.*\(gdb\) ")
    yield gdb
    gdb.sendline("kill")
    gdb.sendline("quit")
    gdb.expect(pexpect.EOF)
    gdb.close()


def ask(gdb, command):
    gdb.sendline(command)
    gdb.expect_exact(command)
    gdb.expect(r"\(gdb\) ")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", gdb.before)
    assert "Python Exception" not in text and "Error occurred" not in text, text
    return text.replace("\r", "")


def test_debug_symbols(gdb):
    text = ask(gdb, "umbra-symbols")
    assert re.search(r"kernel slide 0x[0-9a-f]+", text)
    assert re.search(r"loader at 0x[0-9a-f]+", text)
    assert "start_userland" in ask(gdb, "info symbol start_userland")


def test_debug_processes(gdb):
    text = ask(gdb, "umbra-ps")
    assert re.search(r"^ +1 +0 +1 \w+ .*  init ", text, re.M), text
    assert re.search(r"^ +2 +1 +2 .*  sh ", text, re.M), text
    areas = ask(gdb, "umbra-areas 1")
    assert re.search(r"KiB rw-. .*\[stack\]", areas) and "KiB r-x" in areas


def test_debug_memory(gdb):
    stack = re.search(r"^([0-9a-f]+)-([0-9a-f]+) .*\[stack\]",
                      ask(gdb, "umbra-areas 1"), re.M)
    top = int(stack.group(2), 16) - 8
    path = ask(gdb, f"umbra-pt {top:#x} 1")
    assert re.search(r"level 0 .*\n.*physical 0x[0-9a-f]+: anon, 1 refer", path)
    physical = re.search(r"physical (0x[0-9a-f]+)", path).group(1)
    frame = int(physical, 16) >> 12
    assert "anon" in ask(gdb, f"umbra-frame {frame:#x}")


def test_debug_log_and_cpus(gdb):
    assert "boot: up after" in ask(gdb, "umbra-log")
    assert len(ask(gdb, "umbra-log 3").strip().splitlines()) == 3
    text = ask(gdb, "umbra-cpus")
    assert re.search(r"^CPU 0: ", text, re.M)
    assert re.search(r"^CPU 1: ", text, re.M)
    assert re.search(r"^#1 ", text, re.M)
