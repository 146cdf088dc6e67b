"""Writes hostile_values.txt: values that people and attackers send, and what is to become of each.

usage: make_hostile_values.py [--check] FILE    with --check: is it what would be written?

The rules are those that users may rely on, written here a second time, with Python's own tools. A line has four columns, tab between them:
kind, verdict, expectation, value.

  refuse     invalid_argument that names the kind's field; the description holds the expectation ("*": whatever it says)
  malformed  invalid_argument without a field: the bytes are no text
  ok         accepted and kept as the expectation ("=": as it was sent)

In values "\\xNN" is a byte, "\\\\" a backslash, "\\{N:c}" the character c N times.
"""
import sys

from hostile.addresses import hosts, paths, ports
from hostile.keys import keys
from hostile.lines import LINES
from hostile.settings import commands, env, names
from hostile.sources import refs, source_paths, urls


def main(arguments):
    for make in (hosts, paths, ports, refs, urls, names, env, keys, source_paths, commands):
        make()
    text = "".join(line + "\n" for line in LINES)
    if arguments[0] == "--check":
        with open(arguments[1], encoding="ascii", newline="") as file:
            same = file.read() == text
        print("it is what would be written" if same else f"{arguments[1]} is not what this program writes")
        return 0 if same else 1
    with open(arguments[0], "w", encoding="ascii", newline="\n") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
