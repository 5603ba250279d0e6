# SPDX-License-Identifier: MIT
"""What the boot tests share: a machine with a console to talk to.

Every machine's serial output is kept in build/logs; a test that fails shows
the end of it, and where each processor is if the machine still runs.  SLOW=2 in
the environment doubles all time limits."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pexpect
import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
if not BUILD.is_absolute():
    BUILD = TOP / BUILD
LOGS = BUILD / "logs"
SLOW = float(os.environ.get("SLOW", "1"))
BOOT_S = 120 * SLOW  # from power-on to the shell's prompt
COMMAND_S = 60 * SLOW  # one command at the shell

sys.path.insert(0, str(TOP / "scripts"))
import qemu  # noqa: E402  (found by the line above)

PROMPT = re.compile(r"[~/]\S* [#$] (\x1b\[6n)?$")


class Died(AssertionError):
    """The machine hung, ended or panicked; the message has its last words."""


class Guest:
    """A running machine and its serial console."""

    def __init__(self, name, **options):
        options.setdefault("esp", str(BUILD / "esp"))
        self.machine = qemu.Machine(**options)
        self.machine.qmp = str(self.machine.folder() / "qmp.sock")
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log_path = LOGS / f"{name}.log"
        self._log = open(self.log_path, "w", encoding="utf-8")
        command = self.machine.command()
        self.console = pexpect.spawn(
            command[0], command[1:], encoding="utf-8",
            codec_errors="replace", timeout=COMMAND_S, dimensions=(40, 200))
        self.console.logfile_read = self._log
        self.console.delaybeforesend = 0.05

    def close(self):
        self.console.close(force=True)
        self._log.close()
        self.machine.close()

    def log(self):
        self._log.flush()
        # As bytes: read as text, each CR would be a line's end.
        text = self.log_path.read_bytes().decode(errors="replace")
        return text.replace("\r", "")

    def words(self, what, alive=False):
        """What is known of a death: the last words, and where it hangs."""
        text = without_escapes(self.log())
        tail = "\n".join(text.splitlines()[-60:])
        said = f"{what}; {self.log_path} ends:\n{tail}"
        if alive and self.console.isalive():
            said += "\n--- where it is ---\n" + qemu.autopsy(
                self.machine.qmp, BUILD, self.machine.folder())
        with open(self.log_path.with_suffix(".death"), "w",
                  encoding="utf-8") as file:
            file.write(said)
        return said

    def die(self, what, alive=False):
        raise Died(self.words(what, alive))

    def monitor(self, command):
        return qemu.monitor(self.machine.qmp, command)

    def expect(self, pattern, timeout=None):
        """Wait for a pattern; a hang, an end or a panic is a failure."""
        patterns = [pattern, r"(?i)kernel panic|panic:", pexpect.EOF,
                    pexpect.TIMEOUT]
        found = self.console.expect(patterns, timeout=timeout or COMMAND_S)
        if found == 1:
            self.hear_out()
            self.die("the kernel panicked")
        if found:
            self.die(f"waiting for {pattern!r}: " +
                     ("the machine ended" if found == 2 else "nothing"),
                     alive=found == 3)
        return self.console.match

    def hear_out(self):
        """Read what a panic has to say to its end."""
        self.console.expect([r"panic: the machine is stopped", pexpect.EOF,
                             pexpect.TIMEOUT], timeout=10 * SLOW)

    def shell(self):
        """Wait for the shell's prompt."""
        self.expect(PROMPT, BOOT_S)
        return self

    def send(self, text):
        self.console.send(text)

    def run(self, command, timeout=None, status=0):
        """Run a command, return what it printed; its status is checked."""
        # The quotes keep the echo of the line from looking like its result.
        self.send(f"echo BE''GIN; {command}\necho EN''D=$?\n"
                  if "\n" in command else
                  f"echo BE''GIN; {command}; echo EN''D=$?\n")
        self.expect(r"BEGIN\r*\n", timeout)
        self.expect(r"END=(\d+)\r*\n", timeout)
        # the terminal between QEMU and us adds a CR to the guest's
        text = re.sub(r"\r+\n", "\n", self.console.before)
        got = int(self.console.match.group(1))
        self.expect(PROMPT)
        if status is not None and got != status:
            self.die(f"{command!r} ended with {got}, not {status}: {text}")
        return text

    def ended(self, timeout=None):
        """Whether the machine turns itself off in time."""
        return self.console.expect([pexpect.EOF, pexpect.TIMEOUT],
                                   timeout=timeout or COMMAND_S) == 0

    def ends(self, timeout=None):
        """Wait until the machine is off; QEMU's exit status has to be 0."""
        if not self.ended(timeout):
            self.die("the machine does not end", alive=True)
        self.console.close()
        if self.console.exitstatus != 0:
            self.die(f"QEMU ended with {self.console.exitstatus}, "
                     f"signal {self.console.signalstatus}")

    def poweroff(self):
        self.send("poweroff\n")
        self.expect("init: powering off")
        self.ends()


@pytest.fixture
def boot(request):
    """A function that starts machines; they end with the test."""
    guests = []
    name = re.sub(r"[^\w.=-]+", "-", request.node.name)

    def start(**options):
        suffix = f"-{len(guests)}" if guests else ""
        guests.append(Guest(name + suffix, **options))
        return guests[-1]

    yield start
    for guest in guests:
        guest.close()


@pytest.fixture
def esp(tmp_path):
    """A private copy of the ESP, to be changed at will."""
    return pathlib.Path(shutil.copytree(BUILD / "esp", tmp_path / "esp"))


def initramfs(output, *pairs, **options):
    """Make an initramfs with more files ("host:/guest")."""
    words = [TOP / "scripts/initramfs.sh", "--output", output]
    for name, value in options.items():
        words += [f"--{name}", value]
    subprocess.run(words + ["--files", " ".join(pairs)], check=True)
    return str(output)


def without_escapes(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
