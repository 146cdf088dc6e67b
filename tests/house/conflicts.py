"""Finds marks of a merge that nobody finished, in any text of the tree.

usage: conflicts.py ROOT
"""
import os
import re
import sys

MARK = re.compile(r"^(?:<{7}|>{7}) ", re.M)
LEFT_OUT = ("build", ".git")


def check(root):
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT)
        for name in sorted(names):
            full = os.path.join(folder, name)
            if not os.path.isfile(full):
                continue
            with open(full, encoding="utf-8", errors="replace") as file:
                text = file.read()
            found += [f"{os.path.relpath(full, root)}:{text.count(chr(10), 0, mark.start()) + 1}: a merge was not finished here"
                      for mark in MARK.finditer(text)]
    return found


def main(arguments):
    found = check(arguments[0])
    print("\n".join(found) if found else "no merge is unfinished")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
