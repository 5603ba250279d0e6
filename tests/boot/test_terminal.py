# SPDX-License-Identifier: MIT
"""A person at the serial console: keys, jobs, sizes, programs that draw."""

import time

import pexpect
import pytest


@pytest.fixture(scope="module", params=[1, 4], ids=lambda n: f"cpus={n}")
def guest(request):
    from conftest import Guest
    guest = Guest(f"terminal-cpus={request.param}", cpus=request.param)
    guest.shell()
    guest.run("cd /tmp")
    yield guest
    guest.close()


def test_window_size(guest):
    guest.run("stty rows 30 cols 100")
    assert guest.run("stty size") == "30 100\n"
    text = guest.run("sh -c \"trap 'echo sized' WINCH; stty rows 31; true\"")
    assert text == "sized\n"
    guest.run("stty rows 40 cols 200")


def test_quit_key(guest):
    guest.send("sleep 100\n")
    time.sleep(0.7)
    guest.send("\x1c")
    guest.expect("Quit")
    guest.run("true")


def test_flow_keys(guest):
    guest.send("sleep 1; echo fl''owing\n")
    time.sleep(0.3)
    guest.send("\x13")
    assert guest.console.expect([r"flowing\r*\n", pexpect.TIMEOUT],
                                timeout=3) == 1
    guest.send("\x11")
    guest.expect(r"flowing\r*\n")
    guest.run("true")


def test_background_read(guest):
    guest.run("cat & true")
    time.sleep(0.7)
    assert "Stopped" in guest.run("jobs")
    guest.send("fg\n")
    guest.expect(r"cat\r*\n")
    guest.send("to the cat\n")
    guest.expect(r"to the cat\r*\n.*to the cat\r*\n")
    guest.send("\x04")
    guest.run("true")


def test_background_write(guest):
    guest.run("stty tostop")
    guest.send("(sleep 0.3; echo from be''hind) &\n")
    time.sleep(1.5)
    assert "Stopped" in guest.run("jobs")
    guest.run("stty -tostop")
    guest.send("fg\n")
    guest.expect(r"from behind\r*\n")
    guest.run("true")


def test_a_pipeline_is_one_job(guest):
    guest.send("sleep 100 | cat | sleep 200\n")
    time.sleep(1)
    guest.send("\x1a")
    guest.expect("Stopped")
    guest.run("bg; jobs | grep -c Running")
    guest.send("fg\n")
    time.sleep(0.7)
    guest.send("\x03")
    guest.expect(r"\^C")
    assert guest.run("jobs") == ""


def test_raw_keys(guest):
    guest.run("saved=$(stty -g)")
    guest.send("stty raw -echo; echo rea''dy; "
               "dd bs=1 count=3 2>/dev/null >k; stty $saved\n")
    guest.expect("ready")
    time.sleep(0.3)
    guest.send("\x03\x04\r")
    guest.run("true")
    assert guest.run("od -An -tx1 k").strip() == "03 04 0d"


def test_editor(guest):
    guest.send("vi new\n")
    time.sleep(1)
    guest.send("ifirst\nsecond\x1b")
    time.sleep(0.3)
    guest.send("yyp:wq\n")
    time.sleep(1)
    guest.run("true")
    assert guest.run("cat new") == "first\nsecond\nsecond\n"


def test_pseudo_terminals_are_there(guest):
    assert guest.run("ls /dev/pts") == "ptmx\n"
    assert "devpts /dev/pts devpts" in guest.run("cat /proc/mounts")
    assert guest.run("cat /proc/sys/kernel/pty/nr") == "0\n"


def test_controlling_terminal(guest):
    assert guest.run("tty") == "/dev/ttyS0\n"
    guest.run("echo here >/dev/tty")
    guest.run("setsid sh -c 'echo x >/dev/tty' 2>/dev/null; true")
    assert guest.run("setsid sh -c 'exec 3<>/dev/tty || echo none' 2>&1 "
                     "| grep -c -e none -e such").strip() == "1"
