# SPDX-License-Identifier: MIT
"""Each test of a report of Python's own tests in a line: what it came to.

    ok test_os.FileTests.test_read
    skip test_os.Win32KillTests.test_kill_int: Win32 specific tests
    fail test_os.TestSendfile.setUpClass: OSError: [Errno 97] ...

A failure comes with the last line of its message.  Of subtests that failed
there may be several lines with the same name.  No report, no lines."""
import re
import sys
import xml.etree.ElementTree as ElementTree


def name_of(case):
    """MODULE.CLASS.TEST; a class that could not be set up says it otherwise:
    setUpClass (test.MODULE.CLASS)."""
    name = case.get("name")
    whole_class = re.match(r"(\w+) \((.*)\)$", name)
    if whole_class:
        name = f"{whole_class.group(2)}.{whole_class.group(1)}"
    return name.removeprefix("test.")


def last_line(found):
    words = (found.get("message") or found.text or "").strip()
    words += "\n" + (found.text or "").strip()
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def result(case):
    for tag, word in (("failure", "fail"), ("error", "fail"),
                      ("skipped", "skip")):
        found = case.find(tag)
        if found is not None:
            return f"{word} {name_of(case)}: {last_line(found)}"
    return f"ok {name_of(case)}"


try:
    root = ElementTree.parse(sys.argv[1]).getroot()
except (OSError, ElementTree.ParseError) as error:
    sys.exit(f"no report: {error}")
for line in sorted(result(case) for case in root.iter("testcase")):
    print(line)
