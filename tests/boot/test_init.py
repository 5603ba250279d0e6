# SPDX-License-Identifier: MIT
"""userspace/init on the host's own Linux: process 1 of a PID namespace, with a
scratch root of busybox.  What holds here is then expected of the guest.
Needs root."""

import os
import re
import shutil
import signal
import subprocess
import time

import pexpect
import pytest

from conftest import BUILD

INIT = BUILD / "init.elf"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

WRAP = ["unshare", "--pid", "--fork", "--mount", "--uts", "--kill-child",
        "chroot"]


@pytest.fixture
def root(tmp_path):
    for name in ("bin", "etc/umbra", "dev", "proc", "root", "tmp", "run"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", tmp_path / "bin/busybox")
    for name in ("sh", "true", "false", "sleep", "echo", "ps", "kill", "cat",
                 "poweroff", "reboot", "halt", "tty", "touch", "id", "ls"):
        (tmp_path / "bin" / name).symlink_to("busybox")
    shutil.copy(INIT, tmp_path / "init")
    return tmp_path


def unit(root, name, service, section=""):
    (root / "etc/umbra" / f"{name}.service").write_text(
        f"[Unit]\n{section}\n[Service]\n{service}\n")


def command(root, *arguments):
    return [*WRAP, str(root), "/init", *arguments]


def run(root, *arguments, timeout=30):
    """Run init with a command; what was printed, by anyone."""
    done = subprocess.run(command(root, *arguments), timeout=timeout,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.stdout


def spawn(root, *arguments):
    words = command(root, *arguments)
    return pexpect.spawn(words[0], words[1:], timeout=15, encoding="utf-8")


def test_command_and_status(root):
    text = run(root, "/bin/sh", "-c", "echo hello; exit 3")
    assert "hello\n" in text
    assert "init: /bin/sh exited with status 3\n" in text
    assert "init: powering off\n" in text


def test_command_killed(root):
    text = run(root, "/bin/sh", "-c", "kill -9 $$")
    assert "init: /bin/sh killed by signal 9" in text


def test_command_missing(root):
    text = run(root, "/bin/absent")
    assert "init: cannot run /bin/absent: No such file or directory" in text
    assert "init: /bin/absent exited with status 127" in text


def test_mounts(root):
    text = run(root, "/bin/cat", "/proc/mounts")
    for where in ("/proc", "/dev", "/tmp", "/run", "/dev/shm"):
        assert re.search(rf"^\S+ {where} ", text, re.M), where


def test_order_by_after(root):
    unit(root, "a", "Type=oneshot\nExecStart=/bin/echo three", "After=b")
    unit(root, "b", "Type=oneshot\nExecStart=/bin/sh -c 'sleep 0.3; echo two'",
         "After=c.service")
    unit(root, "c", "Type=oneshot\nExecStart=/bin/echo one")
    text = run(root, "/bin/echo", "four")
    assert re.search("one.*two.*three.*four", text, re.S)


def test_failed_requirement(root):
    unit(root, "a", "ExecStart=/bin/echo never", "Requires=b")
    unit(root, "b", "Type=oneshot\nExecStart=/bin/false")
    unit(root, "c", "ExecStart=/bin/echo neither", "Requires=a absent")
    text = run(root, "/bin/true")
    assert "init: b: exited with status 1" in text
    assert "init: a: not started, it requires b" in text
    assert "init: c: not started, it requires a" in text
    assert "never" not in text and "neither" not in text


def test_cycle_is_named_and_broken(root):
    unit(root, "a", "Type=oneshot\nExecStart=/bin/echo ran-a", "After=b")
    unit(root, "b", "Type=oneshot\nExecStart=/bin/echo ran-b", "After=a")
    text = run(root, "/bin/true")
    assert "init: cycle: b comes after a" in text
    assert "ran-a" in text and "ran-b" in text


def test_bad_unit_is_named_and_skipped(root):
    unit(root, "bad", "ExecStart=/bin/echo bad\nType=forking")
    unit(root, "good", "Type=oneshot\nExecStart=/bin/echo good")
    text = run(root, "/bin/true")
    assert "init: /etc/umbra/bad.service:5: Type= is simple or oneshot" in text
    assert "bad.service: bad unit, skipped" in text
    assert "good\n" in text


def test_restart_and_start_limit(root):
    unit(root, "flaky", "ExecStart=/bin/sh -c 'echo again; exit 1'\n"
         "Restart=on-failure\nRestartSec=10ms")
    text = run(root, "/bin/sleep", "1")
    assert text.count("again\n") == 5
    assert "init: flaky: started 5 times and ended at once, given up" in text


def test_restart_no_on_success(root):
    unit(root, "fine", "ExecStart=/bin/echo once\nRestart=on-failure")
    assert run(root, "/bin/sleep", "0.5").count("once\n") == 1


def test_environment_and_output_file(root):
    unit(root, "env", "Type=oneshot\nEnvironment=A=1 'B=x y'\n"
         "ExecStart=/bin/sh -c 'echo $A $B $HOME'\n"
         "StandardOutput=file:/etc/out")
    unit(root, "mute", "Type=oneshot\nStandardOutput=null\n"
         "ExecStart=/bin/echo silence")
    text = run(root, "/bin/true")
    assert (root / "etc/out").read_text() == "1 x y /root\n"
    assert "silence" not in text


def test_orphans_are_reaped(root):
    text = run(root, "/bin/sh", "-c",
               "for i in 1 2 3 4 5; do (sleep 0.1 &) ; done; sleep 0.6; "
               "ps -o pid,stat,comm")
    assert "ps" in text and "sleep" not in text


def test_single_starts_no_units(root):
    unit(root, "a", "Type=oneshot\nExecStart=/bin/echo unit")
    text = run(root, "single", "/bin/echo", "alone")
    assert "alone" in text and "unit\n" not in text


def test_stop_in_reverse_order(root):
    trap = "trap 'echo stop {0}; exit 0' TERM; while :; do sleep 0.05; done"
    for name, after in (("a", ""), ("b", "After=a"), ("c", "After=b")):
        unit(root, name, f'ExecStart=/bin/sh -c "{trap.format(name)}"', after)
    text = run(root, "/bin/sleep", "0.5")
    assert re.search("stop c.*stop b.*stop a.*powering off", text, re.S)


def test_a_stubborn_service_is_killed(root):
    unit(root, "a", "ExecStart=/bin/sh -c \"trap '' TERM; "
         "while :; do sleep 1; done\"")
    text = run(root, "/bin/sleep", "0.5")
    assert "does not stop, killing it" in text
    assert "powering off" in text


@pytest.mark.parametrize("word,text", [("poweroff", "powering off"),
                                       ("reboot", "restarting"),
                                       ("halt", "halting")])
def test_busybox_commands(root, word, text):
    shell = spawn(root)
    shell.expect("# ")
    shell.sendline(word)
    shell.expect(f"init: {text}")
    shell.expect(pexpect.EOF)


def test_shell_is_a_login_shell_with_job_control(root):
    shell = spawn(root)
    shell.expect("# ")
    shell.sendline("echo $0; tty; echo $((6*7))")
    shell.expect("-sh\r\n")
    shell.expect("42\r\n")
    shell.sendline("sleep 100")
    time.sleep(0.5)
    shell.sendcontrol("z")
    shell.expect("Stopped")
    shell.sendline("fg")
    time.sleep(0.3)
    shell.sendcontrol("c")
    shell.expect("# ")
    shell.sendline("exit 5")
    shell.expect("# ")
    shell.sendline("echo back")
    shell.expect("back\r\n")
    shell.sendline("poweroff")
    shell.expect(pexpect.EOF)


def test_signals_shut_down(root):
    for number, text in ((signal.SIGUSR2, "powering off"),
                         (signal.SIGUSR1, "halting"),
                         (signal.SIGTERM, "restarting"),
                         (signal.SIGINT, "restarting")):
        shell = spawn(root, "/bin/sh", "-c",
                      f"kill -{number.value} 1; sleep 10")
        shell.expect(f"init: {text}")
        shell.expect(pexpect.EOF)
