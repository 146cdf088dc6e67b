"""Finds calls under core/ that banned.txt forbids outside the files that own them.

usage: banned_calls.py ROOT [BANNED]
"""
import os
import re
import sys

import source


class Rule:
    """One line of banned.txt. Words in the last column: a file, a folder/ that may; `tests`; !folder/: only there is it banned."""

    def __init__(self, line, number):
        parts = [part.strip() for part in line.split(" ; ")] if line.count(" ; ") == 2 else line.rstrip(" ;").split(" ; ") + [""]
        if len(parts) != 3:
            raise SystemExit(f"banned.txt:{number}: expected `name ; expression ; files`, got: {line}")
        self.name, self.pattern = parts[0].strip(), re.compile(parts[1].strip())
        words = parts[2].split()
        self.tests = "tests" in words
        self.only = tuple(word[1:] for word in words if word.startswith("!"))
        self.owners = tuple(word for word in words if word != "tests" and not word.startswith("!"))

    def covers(self, path):
        if self.tests and source.is_test(path):
            return False
        if self.only and not path.startswith(self.only):
            return False
        return not any(path == owner or (owner.endswith("/") and path.startswith(owner)) for owner in self.owners)


def rules(text):
    return [Rule(line.strip(), number) for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.startswith("#")]


def check(root, banned):
    found = []
    parsed = rules(banned)
    for path in source.files(root):
        if not path.startswith("core/"):
            continue
        code = source.code(source.read(root, path))
        for rule in parsed:
            if not rule.covers(path):
                continue
            for match in rule.pattern.finditer(code):
                line = code.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: {rule.name} is banned here: {match.group(0).strip()}")
    return found


def main(arguments):
    root = arguments[0]
    banned = arguments[1] if len(arguments) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "banned.txt")
    with open(banned, encoding="utf-8") as file:
        found = check(root, file.read())
    print("\n".join(found) if found else "no banned call")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
