# SPDX-License-Identifier: MIT
"""gdb commands for a machine that runs Umbra (`make debug` loads them).

    umbra-symbols             symbols of the kernel at its slide (and loader)
    umbra-program PID FILE    symbols of a user program where PID has it
    umbra-ps                  processes and their tasks
    umbra-areas PID           areas of a process
    umbra-pt ADDR [PID]       page-table path of an address, with references
    umbra-frame PFN|ADDR      a physical frame
    umbra-log [N]             the kernel log, or its last N records
    umbra-cpus                what every CPU runs, with backtraces
    umbra-map                 the loader's memory map (before it is reclaimed)

Everything is read through QEMU's gdb server, the page tables physically, so
the commands work wherever the machine was stopped.
"""

import contextlib
import os
import pathlib
import re
import struct

import gdb

BUILD = pathlib.Path(os.environ.get("UMBRA_BUILD", "build"))
KERNEL_FILE = BUILD / "kernel.debug"
LOADER_FILE = BUILD / "loader.debug.efi"
LOADER_LINK_BASE = 0x140000000  # lld-link's default
SLIDE_STEP = 2 << 20
SLIDE_PLACES = 512
KERNEL_HALF = 1 << 63
PAGE = 4096
ADDRESS_MASK = 0x000FFFFFFFFFF000

# --- reading memory ----------------------------------------------------------


def read(addr, size):
    """Bytes at a virtual address of the selected CPU, None if unmapped."""
    try:
        return bytes(gdb.selected_inferior().read_memory(addr, size))
    except gdb.MemoryError:
        return None


@contextlib.contextmanager
def physical_memory():
    """Addresses are physical inside (a packet of QEMU's gdb server)."""
    gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
    try:
        yield
    finally:
        gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)


def read_entry(table, index):
    """One page-table entry by physical address, 0 if there is no memory."""
    with physical_memory():
        data = read(table + 8 * index, 8)
    return struct.unpack("<Q", data)[0] if data else 0


def register(name):
    return int(gdb.parse_and_eval(f"(unsigned long long)${name}"))


def global_of(file, name):
    """A file-static variable; the path tells it from others of its name."""
    return gdb.parse_and_eval(f"'{file}'::{name}")


# --- structures ----------------------------------------------------------------


def list_each(head, type_name, member):
    """Elements of a struct list_node list."""
    kind = gdb.lookup_type(type_name)
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
    node = head["next"]
    while int(node) != int(head.address):
        yield (gdb.Value(int(node) - offset)
               .cast(kind.pointer()).dereference())
        node = node["next"]


def tree_each(root, field):
    """Elements of a <sys/tree.h> red-black tree in order."""
    node, stack = root, []
    while stack or int(node):
        while int(node):
            stack.append(node)
            node = node[field]["rbe_left"]
        node = stack.pop()
        yield node.dereference()
        node = node[field]["rbe_right"]


def plain(value):
    """The number behind an _Atomic, an enum or a plain integer."""
    kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_STRUCT:  # struct refcount
        return plain(value["n"])
    data = bytes(gdb.selected_inferior().read_memory(
        int(value.address), kind.sizeof)) if value.address else None
    return int.from_bytes(data, "little") if data else int(value)


def text_of(array):
    """A char array up to its NUL."""
    raw = bytes(int(array[i]) & 0xFF
                for i in range(array.type.range()[1] + 1))
    return raw.split(b"\0")[0].decode(errors="replace")


def enum_name(type_name, value, prefix):
    for field in gdb.lookup_type(type_name).fields():
        if field.enumval == value:
            return field.name.removeprefix(prefix).lower()
    return str(value)


def processes():
    """(struct pid, struct process) of every process, by number."""
    root = global_of("kernel/proc/pid.c", "pids")["rbh_root"]
    for pid in tree_each(root, "node"):
        if int(pid["process"]):
            yield pid, pid["process"].dereference()


def process_of(nr):
    for pid, process in processes():
        if int(pid["nr"]) == nr:
            return process
    raise gdb.GdbError(f"no process {nr}")


def tasks_of(process):
    return list(list_each(process["tasks"], "struct task", "process_link"))


def space_of(process):
    for task in tasks_of(process):
        if int(task["space"]):
            return task["space"].dereference()
    raise gdb.GdbError("the process has no address space (any more)")


def bits_of(value, letters):
    return "".join(c if value & bit else "-" for bit, c in letters)


class Command(gdb.Command):
    """A command of ours: run() does it, with an error instead of a trace."""

    def invoke(self, argument, from_tty):
        try:
            self.run(argument)
        except gdb.MemoryError as why:
            raise gdb.GdbError(f"{why}: is the kernel up? then umbra-symbols"
                               " tells gdb where") from why
        except (gdb.error, ValueError) as why:
            raise gdb.GdbError(str(why)) from why

    def run(self, argument):
        raise NotImplementedError


# --- symbols -------------------------------------------------------------------


def elf_text(path):
    """Address and first bytes of the executable segment of an ELF file."""
    data = path.read_bytes()
    phoff, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, flags, offset, va = struct.unpack_from("<IIQQ", data,
                                                     phoff + 56 * i)
        if kind == 1 and flags & 1:
            return va, data[offset:offset + 64]
    raise gdb.GdbError(f"{path}: no executable segment")


def first_load(path):
    """Link address of the page the first PT_LOAD begins in."""
    data = pathlib.Path(path).read_bytes()
    phoff, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, _, _, va = struct.unpack_from("<IIQQ", data, phoff + 56 * i)
        if kind == 1:
            return va & ~(PAGE - 1)
    raise gdb.GdbError(f"{path}: nothing to load")


def find_slide():
    """Where the kernel's first bytes are, of the 512 places; None: nowhere."""
    va, want = elf_text(KERNEL_FILE)
    for place in range(SLIDE_PLACES):
        if read(va + place * SLIDE_STEP, len(want)) == want:
            return place * SLIDE_STEP
    return None


def loader_base():
    """The loader's image base: it prints it first thing."""
    log = os.environ.get("UMBRA_SERIAL_LOG")
    if log and os.path.exists(log):
        found = re.search(rb"umbra: loader at 0x([0-9a-f]+)",
                          pathlib.Path(log).read_bytes())
        if found:
            return int(found.group(1), 16)
    return None


class Symbols(Command):
    """Load the symbols of kernel and loader where they are now."""

    def __init__(self):
        super().__init__("umbra-symbols", gdb.COMMAND_FILES)

    def run(self, argument):
        gdb.execute("set confirm off")
        slide = find_slide() if KERNEL_FILE.exists() else None
        if slide is None:
            print("umbra: the kernel is not mapped (yet)")
        else:
            gdb.execute(f"symbol-file -o {slide:#x} {KERNEL_FILE}")
            print(f"umbra: kernel slide {slide:#x}")
        base = loader_base()
        if base is not None:
            offset = base - LOADER_LINK_BASE
            gdb.execute(f"add-symbol-file {LOADER_FILE} -o {offset:#x}",
                        to_string=True)
            print(f"umbra: loader at {base:#x}")


class Program(Command):
    """Load the symbols of a user program: umbra-program PID FILE."""

    def __init__(self):
        super().__init__("umbra-program", gdb.COMMAND_FILES,
                         gdb.COMPLETE_FILENAME)

    def run(self, argument):
        words = gdb.string_to_argv(argument)
        if len(words) != 2:
            raise gdb.GdbError("usage: umbra-program PID FILE")
        space = space_of(process_of(int(words[0])))
        # Position-independent or not: its code starts where exec put it.
        link_first = first_load(words[1])
        for area in tree_each(space["areas"]["rbh_root"], "node"):
            start = int(area["start"])
            if int(area["source"]) and (start == link_first
                                        or link_first == 0):
                offset = start - link_first
                gdb.execute(f"add-symbol-file {words[1]} -o {offset:#x}",
                            to_string=True)
                print(f"umbra: {words[1]} moved by {offset:#x}")
                return
        raise gdb.GdbError("none of its areas begins where the file does")


# --- processes -----------------------------------------------------------------

AREA_LETTERS = [(1, "r"), (2, "w"), (4, "x"), (8, "s")]


class Ps(Command):
    """Processes and their tasks."""

    def __init__(self):
        super().__init__("umbra-ps", gdb.COMMAND_STATUS)

    def run(self, argument):
        print(f"{'PID':>7} {'PPID':>7} {'TID':>7} {'STATE':16} {'CPU':>3}"
              "  NAME")
        for pid, process in processes():
            parent = process["parent"]
            ppid = int(parent["pid"]) if int(parent) else 0
            state = enum_name("enum process_state", int(process["state"]),
                              "PROCESS_")
            tasks = tasks_of(process)
            if not tasks:
                print(f"{int(pid['nr']):7} {ppid:7} {'-':>7} {state:16}"
                      f" {'-':>3}  {text_of(process['name'])}")
            for task in tasks:
                thread = task["thread"]
                how = enum_name("enum thread_state", plain(thread["state"]),
                                "THREAD_")
                print(f"{int(pid['nr']):7} {ppid:7} {int(task['tid']):7}"
                      f" {how:16} {plain(thread['cpu']):3}"
                      f"  {text_of(thread['name'])}"
                      f"  (struct task *) {int(task.address):#x}")


class Areas(Command):
    """Areas of a process: umbra-areas PID."""

    def __init__(self):
        super().__init__("umbra-areas", gdb.COMMAND_DATA)

    def run(self, argument):
        space = space_of(process_of(int(argument, 0)))
        for area in tree_each(space["areas"]["rbh_root"], "node"):
            start, end = int(area["start"]), int(area["end"])
            bits = int(area["bits"])
            what = "anonymous"
            if int(area["object"]):
                what = (f"object {int(area['object']):#x}"
                        f" offset {int(area['offset']):#x}")
            for bit, name in ((1 << 8, "stack"), (1 << 9, "heap"),
                              (1 << 10, "vdso")):
                if bits & bit:
                    what += f" [{name}]"
            print(f"{start:014x}-{end:014x} {(end - start) >> 10:8} KiB "
                  f"{bits_of(bits, AREA_LETTERS)} {what}")
        tree = space["tree"]
        print(f"pages mapped: {int(space['mapped_pages'])}, "
              f"resident: {int(tree['resident'])}")


# --- memory --------------------------------------------------------------------

PTE_LETTERS = [(1 << 0, "P"), (1 << 1, "W"), (1 << 2, "U"), (1 << 5, "A"),
               (1 << 6, "D"), (1 << 7, "S"), (1 << 8, "G")]


def frame_at(pfn):
    """The struct frame of a frame number, None before there are any."""
    try:
        frame = gdb.parse_and_eval("frame_array")[pfn]
        frame.fetch_lazy()
        return frame
    except gdb.error:
        return None


def frame_text(pfn):
    frame = frame_at(pfn)
    if frame is None:
        return "no struct frame"
    kind = enum_name("enum frame_kind", int(frame["kind"]), "FRAME_")
    text = (f"{kind}, {plain(frame['refs'])} references, "
            f"order {int(frame['order'])}, bits {plain(frame['bits']):#x}")
    if kind == "node":
        text += (f", {int(frame['used'])} entries used in "
                 f"{int(frame['first'])}..{int(frame['last'])}")
    elif kind in ("anon", "cache"):
        text += f", {plain(frame['pins'])} pins"
        if plain(frame["bits"]) & 2:
            text += f", huge references {plain(frame['huge_refs'])}"
    elif kind == "slab":
        text += f", slab {int(frame['owner']):#x}"
    return text


class PageTable(Command):
    """The page-table path of an address: umbra-pt ADDR [PID]."""

    def __init__(self):
        super().__init__("umbra-pt", gdb.COMMAND_DATA)

    def run(self, argument):
        words = gdb.string_to_argv(argument)
        if len(words) not in (1, 2):
            raise gdb.GdbError("usage: umbra-pt ADDR [PID]")
        addr = int(gdb.parse_and_eval(
            f"(unsigned long long)({words[0]})"))
        if len(words) == 2:
            space = space_of(process_of(int(words[1], 0)))
            root = int(space["tree"]["mmu"]["root"])
        else:
            root = register("cr3")
        self.walk(addr, root & ADDRESS_MASK)

    @staticmethod
    def walk(addr, table):
        top = 4 if register("cr4") & 1 << 12 else 3
        print(f"root {table:#x}: {frame_text(table >> 12)}")
        for level in range(top, -1, -1):
            index = addr >> (12 + 9 * level) & 511
            entry = read_entry(table, index)
            flags = bits_of(entry, PTE_LETTERS)
            flags += "-" if entry >> 63 else "X"
            below = entry & ADDRESS_MASK
            print(f"level {level} [{index:3}] {entry:#018x} {flags}")
            if not entry & 1:
                print("not present")
                return
            if level == 0 or (level < 3 and entry & 1 << 7):
                below &= ~((1 << (12 + 9 * level)) - 1)
                below += addr & ((1 << (12 + 9 * level)) - 1)
                print(f"physical {below:#x}: {frame_text(below >> 12)}")
                return
            print(f"  node {below:#x}: {frame_text(below >> 12)}")
            table = below


class Frame(Command):
    """A physical frame, by number or address: umbra-frame PFN|ADDR.

    What is below the number of frames is a frame number; an address is
    physical, of the direct map, or of a struct frame."""

    def __init__(self):
        super().__init__("umbra-frame", gdb.COMMAND_DATA)

    def run(self, argument):
        value = int(gdb.parse_and_eval(f"(unsigned long long)({argument})"))
        array = int(gdb.parse_and_eval("frame_array"))
        direct = int(gdb.parse_and_eval("direct_map_base"))
        if value >= array:
            size = gdb.lookup_type("struct frame").sizeof
            pfn = (value - array) // size
        elif value >= direct:
            pfn = (value - direct) >> 12
        elif value % PAGE == 0 and value > 0:
            pfn = value >> 12
        else:
            pfn = value
        print(f"frame {pfn:#x}, physical {pfn << 12:#x}: {frame_text(pfn)}")


# --- log and CPUs ----------------------------------------------------------------


class Log(Command):
    """The kernel log: umbra-log [N] shows all, or the last N records."""

    def __init__(self):
        super().__init__("umbra-log", gdb.COMMAND_DATA)

    def run(self, argument):
        ring = global_of("kernel/core/klog.c", "ring")
        tail, head = int(ring["tail"]), int(ring["head"])
        size = ring["bytes"].type.sizeof
        data = read(int(ring["bytes"].address), size)
        lines = []
        while tail < head:
            at = tail % size
            time_ns, length, cpu, priority = struct.unpack_from(
                "<QIHH", data, at)
            if length > size:
                lines.append("(torn record)")
                break
            start = (at + 16) % size
            text = (data[start:] + data[:start])[:length]
            lines.append(f"<{priority}>[{time_ns / 1e9:12.6f}] cpu{cpu} "
                         + text.decode(errors="replace"))
            tail += (16 + length + 15) // 16 * 16
        count = int(argument, 0) if argument else len(lines)
        print("\n".join(lines[-count:] if count else []))


class Cpus(Command):
    """What every CPU runs, with its backtrace."""

    def __init__(self):
        super().__init__("umbra-cpus", gdb.COMMAND_STACK)

    def run(self, argument):
        chosen = gdb.selected_thread()
        threads = sorted(gdb.selected_inferior().threads(),
                         key=lambda t: t.num)
        for thread in threads:
            thread.switch()
            self.show(thread)
        if chosen:
            chosen.switch()

    @staticmethod
    def show(thread):
        user = register("cs") & 3 == 3
        # In user mode the kernel's GS base waits in the other register.
        base = register("k_gs_base" if user else "gs_base")
        line = f"CPU {thread.num - 1}: {'user' if user else 'kernel'} mode"
        if base >= KERNEL_HALF:
            local = (gdb.Value(base)
                     .cast(gdb.lookup_type("struct cpu_local").pointer()))
            current = local["current"]
            line += f", id {int(local['id'])}"
            if int(current):
                line += (f", thread {text_of(current['name'])}"
                         f" ({int(current):#x})")
        print(line)
        try:
            gdb.execute("backtrace 20")
        except gdb.error as why:
            print(f"  {why}")


# --- the hand-off ----------------------------------------------------------------

MEM_TYPES = ("reserved", "free", "boot", "loader", "kernel", "acpi", "nvs",
             "runtime", "mmio", "persistent")


class Map(Command):
    """The loader's memory map; RDI at the kernel's entry, or an address:
    umbra-map [PHYSICAL ADDRESS OF boot_info]."""

    def __init__(self):
        super().__init__("umbra-map", gdb.COMMAND_DATA)

    def run(self, argument):
        addr = int(argument, 0) if argument else register("rdi")
        with physical_memory():
            head = read(addr, 32)
            if not head or head[:8] != b"UMBRBAB0":
                raise gdb.GdbError(f"no boot_info at {addr:#x}")
            table, count = struct.unpack_from("<QQ", head, 16)
            data = read(table, 32 * count)
        for i in range(count):
            base, size, kind, efi, attributes = struct.unpack_from(
                "<QQIIQ", data, 32 * i)
            print(f"{base:012x}-{base + size:012x} {size >> 10:9} KiB "
                  f"{MEM_TYPES[kind]:10} efi {efi:2} {attributes:#x}")


for command in (Symbols, Program, Ps, Areas, PageTable, Frame, Log, Cpus,
                Map):
    command()
