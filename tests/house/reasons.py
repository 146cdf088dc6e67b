"""Finds reason codes in the sources that docs/conditions.md does not explain.

usage: reasons.py ROOT
"""
import os
import re
import sys

import source

PATTERNS = (
    re.compile(r'\bStatus\(\s*Code::k\w+,\s*"([A-Z][A-Za-z]*)"\s*,'),      # Status(Code::kUnavailable, "RemoteTimeout", ...)
    re.compile(r'\bMake\("\w+",\s*[^,]+,\s*"([A-Z][A-Za-z]*)"'),           # a condition
    re.compile(r'#define\s+NS_REASON_\w+\s+"(\w+)"'),                       # standard words of the plugin ABI
    re.compile(r'\b(?:SetReason\(|reason\s*=\s*)"([A-Z][A-Za-z]*)"'),
)


def reasons(text):
    """(line, reason) of each code that a source names."""
    return [(text.count("\n", 0, match.start()) + 1, match.group(1)) for pattern in PATTERNS for match in pattern.finditer(text)]


def check(root, explained):
    known = set(re.findall(r"`([A-Z][A-Za-z]*)`", explained))
    found = {}
    for path in source.files(root):
        if source.is_test(path):
            continue
        for line, reason in reasons(source.read(root, path)):
            if reason not in known:
                found.setdefault(reason, f"{path}:{line}: the reason {reason} has no row in docs/conditions.md")
    return sorted(found.values())


def main(arguments):
    root = arguments[0]
    with open(os.path.join(root, "docs", "conditions.md"), encoding="utf-8") as file:
        found = check(root, file.read())
    print("\n".join(found) if found else "every reason is explained")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
