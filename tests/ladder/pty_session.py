# SPDX-License-Identifier: MIT
"""Programs on a pseudo-terminal, driven as a person would: what they draw."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

os.environ.update(TERM="linux", PS1="$ ", HISTFILE="")


class Session:
    """A program on a terminal of its own."""

    def __init__(self, *argv, rows=24, cols=80):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ,
                        struct.pack("4H", rows, cols, 0, 0))
            os.execvp(argv[0], argv)

    def size(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("4H", rows, cols, 0, 0))

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def until(self, pattern, limit=20):
        """Read until the pattern shows; returns the text up to its end."""
        end = time.monotonic() + limit
        while not (found := re.search(pattern, self.text, re.M)):
            ready, _, _ = select.select([self.fd], [], [], 0.1)
            if ready:
                try:
                    data = os.read(self.fd, 4096)
                except OSError as error:
                    return self.text + f"[{error.strerror}]"
                self.text += data.decode(errors="replace")
            elif time.monotonic() > end:
                return self.text + f"[never: {pattern}]"
        text = self.text[:found.end()]
        self.text = self.text[found.end():]
        return text

    def ask(self, line, pattern):
        self.type(line + "\r")
        return self.until(pattern)

    def end(self):
        """Close our side; how did it end?"""
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def show(text):
    text = re.sub(r"\] \d+", "] PID", text)
    text = re.sub(r"^(\[\d\])[-+ ]", r"\1 ", text, flags=re.M)
    print(text.replace("\r", "").replace("\x1b[?2004h", "")
          .replace("\x1b[?2004l", ""))


def shell():
    s = Session("bash", "--norc", "--noprofile", "-i")
    s.until(r"\$ $")
    return s


def job_control():
    print("--- job control")
    s = shell()
    s.type("sleep 1000\r")
    time.sleep(0.5)
    s.type("\x1a")
    show(s.until(r"Stopped.*[\s\S]*\$ $"))
    show(s.ask("bg; jobs", r"Running[\s\S]*\$ $"))
    s.type("fg\r")
    time.sleep(0.5)
    s.type("\x03")
    show(s.until(r"\^C[\s\S]*\$ $"))
    show(s.ask("echo $?", r"\d+[\s\S]*\$ $"))
    show(s.ask("cat & sleep 0.5; jobs; kill %1; sleep 0.5",
               r"Stopped[\s\S]*Terminated[\s\S]*\$ $"))
    show(s.ask("set +m; trap 'echo sized' WINCH; stty size", r"24 80[\s\S]*\$ $"))
    s.size(30, 100)
    time.sleep(0.3)
    show(s.ask("stty size", r"30 100[\s\S]*\$ $"))
    s.type("sleep 100\r")
    time.sleep(0.5)
    s.type("\x1c")
    show(s.until(r"\^\\[\s\S]*\$ $"))
    s.type("exit 5\r")
    s.until("exit")
    print(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]))
    os.close(s.fd)


def hang_up():
    print("--- hang-up")
    s = shell()
    s.ask("sleep 1000 & sleep 2000 | cat", r"\] \d+")
    time.sleep(0.5)
    os.close(s.fd)
    print(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]))
    time.sleep(0.5)
    print(os.popen("ps -A -o stat=,args= | grep -c '[s]leep [12]000'").read(),
          end="")


def editing():
    print("--- line editing of the terminal")
    s = Session("cat")
    s.type("one two\x17three\r")
    show(s.until(r"one three\r?\n"))
    s.type("gone\x15kept\x16\x03\r")
    show(s.until(r"kept\x03\r?\n"))
    s.type("\x04")
    print(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]))
    print(repr(s.until("never", 1)))
    os.close(s.fd)


def stty():
    print("--- stty")
    s = Session("bash", "-c", "stty -a; stty raw -echo; stty; "
                "stty sane ispeed 9600 ospeed 9600; stty -a; stty size; tty "
                "| tr -d 0-9; echo done")
    show(s.until("done"))
    s.end()


def drawing():
    print("--- less, vi, top")
    with open("lines", "w", encoding="ascii") as file:
        file.writelines(f"line {i}\n" for i in range(1, 201))
    s = Session("less", "lines")
    show(repr(s.until(r"lines\x1b\[27m")))
    s.type("G")
    show(repr(s.until(r"line 200[\s\S]*\(END\)")))
    s.type("q")
    print(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]))
    s = Session("vi", "-u", "NONE", "fresh")
    s.until("fresh")
    s.type("ihello\x1b:wq\r")
    print(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]))
    print(open("fresh", encoding="ascii").read(), end="")
    s = Session("top", "-d", "1")
    print("never" in s.until(r"PID USER"))
    s.type("q")
    print(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]))


def spawn():
    print("--- pty.spawn, tty of others")
    print(pty.spawn(["sh", "-c", "test -t 0 && echo inside; exit 3"],
                    lambda fd: os.read(fd, 100)) >> 8)
    s = Session("sh", "-c", "ps -o tty=,stat=,args= -p $$ | tr -d 0-9; "
                "cut -d' ' -f6-8 /proc/self/stat >/dev/null; echo ok; read x")
    show(s.until("ok"))
    s.type("\r")
    print(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]))


signal.signal(signal.SIGHUP, signal.SIG_DFL)
for part in sys.argv[1:] or ["job_control", "hang_up", "editing", "stty",
                             "drawing", "spawn"]:
    globals()[part]()
    sys.stdout.flush()
