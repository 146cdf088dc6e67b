"""The project's sources as the checks see them: which folder owns a file, what it includes, its code without comments."""
import os
import re

ROOTS = ("core", "plugin-api", "plugins", "gateway", "ssgen")
SUFFIXES = (".cc", ".h", ".c")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def files(root):
    """Paths of all sources below the known roots, relative to `root`, sorted."""
    found = []
    for top in ROOTS:
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = [f for f in folders if f not in ("node_modules", "gen", "third_party")]
            found += [os.path.relpath(os.path.join(folder, n), root) for n in names if n.endswith(SUFFIXES)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def folder_of(path):
    """The folder, as edges.txt names it, that owns a file."""
    parts = path.split("/")
    if parts[0] == "core":
        return parts[1]
    if parts[0] == "plugins":
        return "/".join(parts[:2])
    if parts[:2] == ["gateway", "cli"]:
        return "gateway/cli"
    if parts[:2] == ["gateway", "plugin"] and parts[2] in ("http", "rpc"):
        return "gateway/" + parts[2]
    return parts[0]


def is_test(path):
    name = os.path.basename(path)
    return bool(re.search(r"(_test|_testing|^fake_.*|^test_.*|(^|_)world)\.(cc|h|c)$", name)) or "/testing/" in path or "/tests/" in path


def code(text):
    """The text with comments and the insides of strings blanked, line numbers kept."""
    def blank(match):
        piece = match.group(0)
        keep = '""' if piece[0] in "\"R" else "' '" if piece[0] == "'" else " "
        return keep + "\n" * piece.count("\n")
    # #include lines keep their names.
    lines = text.split("\n")
    includes = {i for i, line in enumerate(lines) if INCLUDE.match(line)}
    stripped = CODE.sub(blank, text).split("\n")
    return "\n".join(lines[i] if i in includes and i < len(lines) else line for i, line in enumerate(stripped))


def includes(text):
    """(line number, quoted?, name) of each #include."""
    return [(text.count("\n", 0, m.start(2)) + 1, m.group(1) == '"', m.group(2)) for m in INCLUDE.finditer(text)]
