# SPDX-License-Identifier: MIT
"""Each test of a report of Python's own tests: its name and what it came to.

The first line of a failure's message goes with it."""
import sys
import xml.etree.ElementTree as ElementTree


def result(case):
    for kind in ("failure", "error", "skipped"):
        found = case.find(kind)
        if found is not None:
            words = (found.text or found.get("message") or "").strip()
            last = words.splitlines()[-1] if words else ""
            return f"{kind} {last}" if kind != "skipped" else kind
    return "ok"


names = sorted(f"{case.get('name')}: {result(case)}"
               for case in ElementTree.parse(sys.argv[1]).getroot()
               .iter("testcase"))
print("\n".join(names))
sys.exit(0 if names else 1)
