# SPDX-License-Identifier: MIT
"""The screen's terminal emulator against tmux's: what programs draw for
TERM=linux has to look the same on both.  Nothing is booted; the emulator runs
here as a filter (vt_dump.c)."""

import shutil
import subprocess
import time

import pexpect
import pytest

from conftest import BUILD, TOP

ROWS, COLS = 24, 80
SOURCES = [TOP / "kernel/dev" / name for name in (
    "vt.c", "vt_parse.c", "vt_csi.c", "vt_charset.c")] + [
    TOP / "kernel/lib" / name for name in ("utf8.c", "string.c")]


@pytest.fixture(scope="module")
def dump():
    """The emulator as a program."""
    if not shutil.which("tmux"):
        pytest.skip("no tmux to compare with")
    program = BUILD / "vt_dump"
    subprocess.run(
        ["clang", "-std=gnu17", "-g", "-O1", "-fsanitize=address,undefined",
         "-DUMBRA_HOST_TEST", f"-I{TOP}/tests/unit/fake", f"-I{TOP}/tests/unit",
         f"-I{TOP}/kernel",
         f"-I{TOP}/include", "-idirafter", BUILD / "sysinc", "-o", program,
         TOP / "tests/boot/vt_dump.c", *SOURCES], check=True)
    return program


def draw(command, keys, cwd):
    """What a program writes to its terminal while keys are typed."""
    drawn = []
    child = pexpect.spawn("/bin/sh", ["-c", command], dimensions=(ROWS, COLS),
                          cwd=str(cwd), env={
                              "TERM": "linux", "LC_ALL": "C.UTF-8",
                              "PATH": "/usr/bin:/bin", "HOME": str(cwd),
                              "PS1": "$ "})
    child.delaybeforesend = 0
    for key in ["", *keys]:
        child.send(key)
        quiet = 0
        while quiet < 2:
            try:
                drawn.append(child.read_nonblocking(65536, timeout=0.15))
                quiet = 0
            except pexpect.TIMEOUT:
                quiet += 1
            except pexpect.EOF:
                break
        yield b"".join(drawn)
    child.close(force=True)


def on_ours(dump, drawn):
    lines = subprocess.run([dump, str(ROWS), str(COLS)], input=drawn,
                           check=True, capture_output=True).stdout.decode()
    lines = lines.splitlines()
    return lines[:-1], lines[-1]


def on_tmux(drawn, tmp_path):
    """The same bytes on tmux's screen."""
    (tmp_path / "drawn").write_bytes(drawn)
    tmux = ["tmux", "-L", f"umbra-{tmp_path.name}", "-f", "/dev/null"]
    run = "stty raw -echo; cat drawn; touch done; sleep 100"
    subprocess.run(tmux + ["-u", "new-session", "-d", "-x", str(COLS), "-y",
                           str(ROWS), run], cwd=tmp_path, check=True)
    try:
        for _ in range(200):
            if (tmp_path / "done").exists():
                break
            time.sleep(0.02)
        time.sleep(0.1)
        shown = subprocess.run(tmux + ["capture-pane", "-p"], check=True,
                               capture_output=True).stdout.decode()
        place = subprocess.run(
            tmux + ["display-message", "-p", "#{cursor_y} #{cursor_x}"],
            check=True, capture_output=True).stdout.decode()
    finally:
        subprocess.run(tmux + ["kill-server"], check=False)
        (tmp_path / "done").unlink(missing_ok=True)
    y, x = map(int, place.split())
    # Behind the last column tmux counts one more.
    return ([line.rstrip() for line in shown.splitlines()],
            f"{y} {min(x, COLS - 1)}")


PROGRAMS = {
    "vi": ("vi -u NONE text", ["", "jjdd", "5Oinserted\x1b", "yyP", "\x06",
                               "\x02", ":%s/line/ROW/g\r", "G", "o\tend\x1b",
                               ":set number\r", "gg0x"]),
    "less": ("less text", [" ", "/line 50\r", "b", "G", "g", "10j", "5k",
                           "h", "q"]),
    "top": ("top -b -n 1 | head -n 20; top -d 100", ["m", "t", "1", "q"]),
    "shell": ("bash --norc --noprofile -i",
              ["echo one two\x01\x1bf\x0bthree\r", "printf '%0100d\\n' 5\r",
               "seq 30\r", "clear\r", "ls -C --color /usr\r", "echo \x12seq",
               "\x07"]),
    "boxes": ("tmux -L umbra-inner -f /dev/null new-session "
              "'seq 100; read x'", ["\x02%", "\x02\"", "\x02o", "\x02&y"]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_screen(dump, name, tmp_path):
    command, keys = PROGRAMS[name]
    (tmp_path / "text").write_text(
        "".join(f"line {n} \u00e9\u2500\ttabbed\n" for n in range(1, 201)),
        encoding="utf-8")
    for step, drawn in enumerate(draw(command, keys, tmp_path)):
        ours, place = on_ours(dump, drawn)
        theirs, there = on_tmux(drawn, tmp_path)
        theirs += [""] * (ROWS - len(theirs))
        assert ours == theirs, f"step {step}"
        assert place == there, f"step {step}: the cursor"
