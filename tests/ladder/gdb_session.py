# SPDX-License-Identifier: MIT
"""gdb's own Python: a program driven by a script."""
import os

import gdb

gdb.execute("file " + os.environ["LADDER"] + "/target")


class Counted(gdb.Breakpoint):
    """Says which n comes by and goes on."""

    def stop(self):
        print("n is", gdb.parse_and_eval("n"))
        return False


Counted("factorial")
gdb.execute("run calls")
gdb.execute("delete")
gdb.execute("tbreak count")
gdb.execute("run calls")
frame = gdb.newest_frame()
print(frame.name(), frame.older().name(), frame.find_sal().line)
inferior = gdb.selected_inferior()
address = int(gdb.parse_and_eval("&origin.x"))
print(bytes(inferior.read_memory(address, 8)))
inferior.write_memory(address, b"\x63")
print(gdb.parse_and_eval("origin")["x"])
for _ in range(50):
    gdb.execute("stepi", to_string=True)
print("stepped", gdb.newest_frame().is_valid())
gdb.execute("kill")
