"""Makes docs/api from core/proto and docs/api/examples.

usage: reference ROOT [--check]      --check writes nothing, and fails where something is missing or a page is not up to date
"""
import os
import sys

import descriptors
import examples
import pages


def missing(definitions, root):
    """What each method must have and has not."""
    found, known = [], set()
    for service in definitions.services:
        short = service.name.rsplit(".", 1)[-1]
        if not service.comment:
            found.append(f"{service.name} has no comment")
        for method in service.methods:
            known.add((short, method.name + ".json"))
            text, _ = pages.split(method.comment)
            if not text:
                found.append(f"{service.name}/{method.name} has no comment that says what it does")
            example = examples.load(root, service.name, method.name)
            if example is None:
                found.append(f"docs/api/examples/{short}/{method.name}.json: the method has no example")
            elif ("answers" if method.streams else "answer") not in example or "request" not in example:
                found.append(f"docs/api/examples/{short}/{method.name}.json: needs request and answer, or answers of a stream")
            elif any(examples.holds_for_anything(one) for one in example.get("answers", [example.get("answer")])):
                found.append(f"docs/api/examples/{short}/{method.name}.json: an answer of nothing but \"...\" holds for anything")
            found += [f"docs/api/examples/{short}/{method.name}.json: <{name}> is neither in SHOWN nor in IDS of run.d/reference/examples.py"
                      for name in examples.without_value(example or {})]
    for folder, _, names in os.walk(examples.folder(root)):
        found += [f"docs/api/examples/{os.path.basename(folder)}/{name}: there is no such method" for name in sorted(names)
                  if (os.path.basename(folder), name) not in known]
    return found


def read(path):
    """The text of a file, or None."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def stale(made, root):
    """Pages that are not as they would be made, and pages of nothing."""
    folder, found = os.path.join(root, "docs", "api"), []
    for name, text in made.items():
        if read(os.path.join(folder, name)) != text:
            found.append(f"docs/api/{name} is not up to date: ./run docs")
    return found + [f"docs/api/{name} is the page of no service" for name in sorted(os.listdir(folder))
                    if name.endswith(".md") and name not in made]


def main(arguments):
    root, check = arguments[0], "--check" in arguments
    definitions = descriptors.read(os.path.join(root, "core", "proto"))
    found = missing(definitions, root)
    made = pages.Book(definitions, root).pages()
    if not check:
        for name, text in made.items():
            with open(os.path.join(root, "docs", "api", name), "w", encoding="utf-8") as file:
                file.write(text)
    found += stale(made, root)
    print("\n".join(found) if found else f"{sum(len(s.methods) for s in definitions.services)} methods, each with a comment and an example")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
