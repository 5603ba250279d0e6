#!/usr/bin/python3
"""coverage.py [--check] - write kernel/syscall/COVERAGE.md: every system call
of Linux for x86-64 with its state here, and every flag.

Made of kernel/syscall/list.def and flags.def, the numbers of
<asm/unistd_64.h>, and the cases of tests/guest.  --check only says whether
the file is what would be written.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "kernel/syscall/list.def"
FLAGS = ROOT / "kernel/syscall/flags.def"
OUT = ROOT / "kernel/syscall/COVERAGE.md"
UNISTD = ["/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
          "/usr/include/asm/unistd_64.h"]

# Linux for x86-64 has numbers for these, and answers ENOSYS.
NEVER = set("""_sysctl afs_syscall create_module epoll_ctl_old epoll_wait_old
get_kernel_syms get_thread_area getpmsg lookup_dcookie nfsservctl putpmsg
query_module security set_thread_area tuxcall uselib vserver""".split())

# What a C library calls them, where that differs.
LIBC = {
    "accept4": ["accept4"], "arch_prctl": ["arch_prctl"],
    "clock_nanosleep": ["clock_nanosleep"], "clone": ["clone"],
    "exit": ["thrd_exit", "pthread_exit"], "exit_group": ["exit", "_exit"],
    "faccessat2": ["faccessat", "faccessat2"], "fadvise64": ["posix_fadvise"],
    "fork": ["fork", "CHILD"], "getdents64": ["readdir", "getdents64"],
    "newfstatat": ["fstatat", "newfstatat"], "pread64": ["pread"],
    "preadv": ["preadv"], "prlimit64": ["prlimit"],
    "pselect6": ["pselect"], "pwrite64": ["pwrite"],
    "rt_sigaction": ["sigaction", "signal"],
    "rt_sigpending": ["sigpending"], "rt_sigprocmask": ["sigprocmask",
                                                        "pthread_sigmask"],
    "rt_sigqueueinfo": ["sigqueue"], "rt_sigsuspend": ["sigsuspend"],
    "rt_sigtimedwait": ["sigtimedwait", "sigwaitinfo", "sigwait"],
    "sendfile": ["sendfile"], "umount2": ["umount", "umount2"],
    "wait4": ["wait", "waitpid", "wait4", "EXITS", "DIES", "DIES_BY"],
    "brk": ["brk", "sbrk"], "futex": ["futex", "pthread_mutex_lock"],
    "semtimedop": ["semtimedop"], "timer_create": ["timer_create"],
    "mq_timedsend": ["mq_send", "mq_timedsend"],
    "mq_timedreceive": ["mq_receive", "mq_timedreceive"],
    "mq_getsetattr": ["mq_getattr", "mq_setattr"],
    "signalfd4": ["signalfd"], "eventfd2": ["eventfd"],
    "times": ["times", "clock"], "mmap": ["mmap", "anon"],
    "reboot": ["reboot"],
}


def numbers():
    for path in UNISTD:
        try:
            text = pathlib.Path(path).read_text()
            break
        except OSError:
            continue
    else:
        sys.exit("coverage.py: no <asm/unistd_64.h>")
    pairs = re.findall(r"#define __NR_(\w+)\s+(\d+)", text)
    return {name: int(number) for name, number in pairs}


def strip_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


class Flags:
    """flags.def: sets of (name, state, note), which call uses which."""

    def __init__(self):
        self.sets, self.uses, self.partial = {}, {}, {}
        current, text = None, strip_comments(FLAGS.read_text())
        for line in text.splitlines():
            self.line(line.strip(), current)
            begun = re.match(r"SET\((\w+)\)", line)
            current = begun.group(1) if begun else current

    def line(self, line, current):
        if m := re.match(r"SET\((\w+)\)", line):
            self.sets[m.group(1)] = []
        elif m := re.match(r"FLAG\((\w+)\)", line):
            self.sets[current].append((m.group(1), "full", ""))
        elif m := re.match(r'FLAG_PARTIAL\((\w+), "(.*)"\)', line):
            self.sets[current].append((m.group(1), "partial", m.group(2)))
        elif m := re.match(r"FLAG_ABSENT\((\w+)\)", line):
            self.sets[current].append((m.group(1), "absent", ""))
        elif m := re.match(r"USE\((\w+), (.*)\)$", line):
            self.uses[m.group(1)] = re.findall(
                r"ARG(?:_MASKED)?\((\d+), (\w+)", m.group(2))
        elif m := re.match(r'PARTIAL\((\w+), "(.*)"\)', line):
            self.partial.setdefault(m.group(1), []).append(m.group(2))

    def of(self, call, state):
        return [flag for _, name in self.uses.get(call, [])
                for flag in self.sets[name] if flag[1] == state]


def functions(text):
    """name -> the identifiers it calls; cases are named CASE:name."""
    parts = re.split(r"^(?=[A-Za-z_][^\n;]*\([^\n;]*\)?\s*(?:\n[^\n;{]*)*\{?\s*$)",
                     text, flags=re.M)
    out = {}
    for part in parts:
        head = part.split("{", 1)[0]
        m = re.match(r"CASE\((\w+)\)", head)
        name = f"CASE:{m.group(1)}" if m else None
        if not name:
            m = re.search(r"(\w+)\s*\(", head)
            name = m.group(1) if m else None
        if name:
            out.setdefault(name, set()).update(
                re.findall(r"\b(\w+)\s*\(", part.partition("{")[2]),
                re.findall(r"\b(?:SYS|__NR)_(\w+)", part))
    return out


def reach(name, graph, seen):
    for callee in graph.get(name, ()):
        if callee not in seen:
            seen.add(callee)
            reach(callee, graph, seen)
    return seen


def case_counts(calls):
    """How many guest cases come to each call, directly or by a helper."""
    counts = collections.Counter()
    words = {call: set(LIBC.get(call, [call])) | {call} for call in calls}
    total = 0
    for path in sorted((ROOT / "tests/guest").glob("*.c")):
        graph = functions(strip_comments(path.read_text()))
        for name in graph:
            if not name.startswith("CASE:"):
                continue
            total += 1
            used = reach(name, graph, set())
            for call in calls:
                counts[call] += bool(words[call] & used)
    return counts, total


def names(flags):
    return ", ".join(f"`{name}`" + (f" ({note})" if note else "")
                     for name, _, note in flags)


def state(call, here, flags):
    if call not in here:
        return "as Linux: ENOSYS" if call in NEVER else "absent", ""
    notes = list(flags.partial.get(call, []))
    if part := flags.of(call, "partial"):
        notes.append("partly " + names(part))
    if absent := flags.of(call, "absent"):
        notes.append("without " + names(absent))
    return ("partial" if notes else "full"), "; ".join(notes)


def render():
    here = set(re.findall(r"SYSCALL\((\w+),", strip_comments(LIST.read_text())))
    flags, calls = Flags(), numbers()
    for call in list(flags.uses) + list(flags.partial):
        if call not in here:
            sys.exit(f"coverage.py: flags.def: {call} is not in list.def")
    counts, cases = case_counts(calls)
    rows = [(calls[c], c, *state(c, here, flags)) for c in calls]
    rows.sort()
    tally = collections.Counter(row[2] for row in rows)
    untested = [c for c in sorted(here) if not counts[c]]
    out = [
        "# System calls", "",
        "Made by `scripts/coverage.py` of `list.def`, `flags.def`, "
        "`<asm/unistd_64.h>` and `tests/guest`: do not edit.", "",
        f"Of {len(rows)} calls of Linux for x86-64: {tally['full']} full, "
        f"{tally['partial']} partial, {tally['absent']} absent; "
        f"{tally['as Linux: ENOSYS']} fail with ENOSYS on Linux too. "
        f"{cases} guest cases; the last column counts those that come to the "
        "call, themselves or by a helper.", "",
        "Implemented, and no case names it: "
        + (", ".join(f"`{c}`" for c in untested) or "none") + ".", "",
        "| number | call | state | what is missing | cases |",
        "|---:|---|---|---|---:|",
    ]
    out += [f"| {nr} | `{c}` | {st} | {note} | {counts[c] or ''} |"
            for nr, c, st, note in rows]
    out += ["", "## Flags and operations", "",
            "| call | argument | flag | state |", "|---|---:|---|---|"]
    for call, uses in flags.uses.items():
        for arg, name in uses:
            for flag, st, note in flags.sets[name]:
                out.append(f"| `{call}` | {int(arg) + 1} | `{flag}` | "
                           f"{st}{': ' + note if note else ''} |")
    return "\n".join(out) + "\n"


def main(args):
    if args not in ([], ["--check"]):
        sys.exit(__doc__)
    text = render()
    if not args:
        OUT.write_text(text)
        return 0
    if OUT.exists() and OUT.read_text() == text:
        return 0
    print("kernel/syscall/COVERAGE.md is stale: run scripts/coverage.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
