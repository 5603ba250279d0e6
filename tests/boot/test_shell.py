# SPDX-License-Identifier: MIT
"""A session at Debian's own busybox, on one, two and four processors."""

import re
import time

import pytest


@pytest.fixture(scope="module", params=[1, 2, 4], ids=lambda n: f"cpus={n}")
def guest(request):
    from conftest import Guest
    guest = Guest(f"shell-cpus={request.param}", cpus=request.param)
    guest.cpus = request.param
    guest.shell()
    guest.run("cd /tmp")
    yield guest
    guest.close()


def test_processors(guest):
    text = guest.run("grep -c ^processor /proc/cpuinfo")
    assert int(text) == guest.cpus


def test_pipes(guest):
    assert guest.run("echo one two three | tr ' ' '\\n' | sort | tail -n 1") \
        == "two\n"
    assert guest.run("seq 1 2000 | cat | cat | wc -l").strip() == "2000"
    guest.run("yes | head -n 1000 | wc -c")


def test_redirections(guest):
    guest.run("echo first > r; echo second >> r; cat < r > r2")
    assert guest.run("cat r2") == "first\nsecond\n"
    assert guest.run("cat absent 2>&1 >/dev/null | wc -l").strip() == "1"
    guest.run("exec 5>r5; echo five >&5; exec 5>&-; grep -q five r5")


def test_here_document(guest):
    guest.run("cat > here <<'E'\nline $one\nline two\nE")
    assert guest.run("cat here") == "line $one\nline two\n"


def test_variables_loops_functions(guest):
    assert guest.run("s=0; for i in $(seq 1 100); do s=$((s+i)); done; "
                     "echo $s") == "5050\n"
    assert guest.run("f() { echo \"$1-$#\"; }; f a b") == "a-2\n"
    assert guest.run("case abc in a*) echo yes;; esac") == "yes\n"


def test_exit_statuses(guest):
    guest.run("false", status=1)
    guest.run("(exit 42)", status=42)
    guest.run("absent-command", status=127)
    guest.run("/etc/passwd", status=126)
    guest.run("sh -c 'kill -9 $$'", status=137)


def test_background_jobs(guest):
    guest.run("sleep 0.2 & sleep 0.3 & wait")
    text = guest.run("sleep 50 & jobs")
    assert "sleep 50" in text
    guest.run("kill %1; wait %1", status=None)
    guest.run("jobs")


def test_interrupt(guest):
    guest.send("sleep 100\n")
    time.sleep(1)
    guest.send("\x03")
    assert guest.run("echo $?").strip() in ("0", "130")
    guest.send("cat > /dev/null\n")
    time.sleep(0.5)
    guest.send("\x03")
    guest.run("true")


def test_interrupt_a_busy_loop(guest):
    guest.send("while true; do :; done\n")
    time.sleep(1)
    guest.send("\x03")
    guest.run("true")


def test_stop_and_foreground(guest):
    guest.send("sleep 3\n")
    time.sleep(0.7)
    guest.send("\x1a")
    guest.expect("Stopped")
    assert "Stopped" in guest.run("jobs")
    guest.send("fg\n")
    guest.expect("sleep 3")
    guest.run("true")
    guest.send("sleep 100\n")
    time.sleep(0.7)
    guest.send("\x1a")
    guest.expect("Stopped")
    guest.run("bg")
    guest.run("kill %1; wait", status=None)


def test_end_of_file(guest):
    guest.send("cat\n")
    time.sleep(0.5)
    guest.send("line\n\x04")
    guest.run("true")
    guest.send("sh\n")
    time.sleep(0.5)
    guest.send("\x04")
    guest.run("true")


def test_line_editing(guest):
    guest.send("echo wrongg\x7f\x7f\x15echo ri\x01\x05ght\n")
    guest.expect(r"right\r*\n")
    guest.run("true")


def test_find_and_xargs(guest):
    guest.run("mkdir -p d/e/f; touch d/a d/e/b d/e/f/c")
    assert guest.run("find d -type f | sort | xargs echo") == \
        "d/a d/e/b d/e/f/c\n"
    assert guest.run("find d -name c -exec basename {} \\;") == "c\n"
    guest.run("rm -r d; ! test -e d")


def test_sort_sed_awk(guest):
    assert guest.run("printf '3\\n10\\n2\\n' | sort -n | tr '\\n' ' '") \
        == "2 3 10 "
    assert guest.run("echo hello | sed 's/l*o$/p/;y/h/H/'") == "Hep\n"
    assert guest.run("seq 10 | awk '{ s += $1 } END { print s, NR }'") \
        == "55 10\n"
    assert guest.run("seq 1 5 | grep -v 3 | wc -l").strip() == "4"


def test_tar_and_checksums(guest):
    guest.run("mkdir t; seq 1 5000 > t/n; ln -s n t/l; chmod 640 t/n")
    guest.run("tar cf t.tar t; mkdir x; tar xf t.tar -C x")
    guest.run("cmp t/n x/t/n; test -L x/t/l")
    assert guest.run("stat -c %a x/t/n") == "640\n"
    guest.run("gzip -c t/n | gunzip | cmp - t/n")
    assert guest.run("seq 1 5000 | md5sum").split()[0] == \
        guest.run("md5sum x/t/n").split()[0]
    guest.run("rm -r t x t.tar")


def test_permissions_and_links(guest):
    guest.run("echo x > p; ln p q; ln -s p s; chmod 600 p")
    assert guest.run("stat -c '%h %a' q") == "2 600\n"
    assert guest.run("readlink s") == "p\n"
    guest.run("mkfifo ff; cat ff > out & echo via > ff; wait; grep via out")
    guest.run("rm p q s ff out")


def test_ps_and_top(guest):
    text = guest.run("ps")
    assert re.search(r"^ *1 root .*init", text, re.M)
    assert "ps" in text
    text = guest.run("top -b -n1 | head -n 12")
    assert "Mem:" in text and "CPU:" in text and "Load average" in text
    guest.run("uptime; free | grep -q Mem")


def test_mounts(guest):
    text = guest.run("mount")
    for where in ("/ ", "/proc ", "/dev ", "/tmp "):
        assert f" on {where}" in text
    guest.run("mkdir m; mount -t tmpfs none m; touch m/f; df m")
    guest.run("umount m; ! test -e m/f; rmdir m")


def test_dmesg(guest):
    text = guest.run("dmesg | head -n 400")
    assert len(text.splitlines()) > 5
    assert "W+X" not in text or "0 W+X" in text or "no W+X" in text


def test_devices(guest):
    guest.run("dd if=/dev/zero of=z bs=64k count=16 2>/dev/null; "
              "test $(stat -c %s z) = 1048576; rm z")
    guest.run("head -c 16 /dev/urandom | od -An -tx1 | wc -w | grep 16")
    guest.run("echo x > /dev/full", status=1)
    guest.run("echo to-the-log > /dev/kmsg; dmesg | grep -q to-the-log")
    assert guest.run("tty").startswith("/dev/")


def test_terminal_settings(guest):
    text = guest.run("stty -a")
    assert "intr = ^C" in text and "icanon" in text
    guest.run("stty size")


def test_kill(guest):
    # The pause lets the child get past the SIGTERM an interactive shell
    # ignores; a shell without job control waits for the end, not for a stop.
    guest.run("sleep 77 & p=$!; sleep 0.3; kill $p; wait $p", status=143)
    guest.run("sh -c 'sleep 77 & p=$!; kill -STOP $p; sleep 0.3; "
              "grep -q ^State:.T /proc/$p/status && kill -KILL $p; wait $p'",
              status=137)


def test_scripts(guest):
    guest.run("printf '#!/bin/sh\\necho \"$0 $1\"\\n' > sc; chmod +x sc")
    assert guest.run("./sc arg") == "./sc arg\n"
    assert guest.run("sh -x sc y 2>&1 | tail -n 1") == "sc y\n"


def test_many_processes(guest):
    guest.run("for i in $(seq 1 200); do /bin/true; done")
    guest.run("i=0; while [ $i -lt 30 ]; do (true | true | true) & "
              "i=$((i+1)); done; wait")


def test_time_passes(guest):
    begun = int(guest.run("date +%s"))
    guest.run("sleep 2")
    assert 1 <= int(guest.run("date +%s")) - begun <= 15
    assert begun > 1577836800


def test_shell_returns(guest):
    guest.send("exit\n")
    guest.shell()
    guest.run("true")


def test_poweroff(guest):
    guest.poweroff()
