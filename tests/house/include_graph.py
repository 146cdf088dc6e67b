"""Holds the include graph against edges.txt: folders, third-party headers, heavy headers, and no cycles.

usage: include_graph.py ROOT [EDGES]
"""
import os
import sys

import source

C_LIBRARY = ("sys/", "netinet/", "arpa/", "linux/", "net/", "asm/", "bits/")
C_HEADERS = set("""assert.h dirent.h dlfcn.h elf.h endian.h errno.h fcntl.h features.h fnmatch.h ftw.h getopt.h glob.h
  grp.h ifaddrs.h inttypes.h libgen.h limits.h link.h locale.h malloc.h math.h mntent.h netdb.h poll.h pthread.h pty.h
  pwd.h sched.h semaphore.h signal.h spawn.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
  stdlib.h string.h strings.h syslog.h termios.h time.h ucontext.h unistd.h utime.h wait.h""".split())


class Rules:
    def __init__(self, text):
        self.folders, self.third_party, self.heavy, self.private = {}, {}, (), ()
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            if line.startswith("heavy "):
                self.heavy = tuple(line.split()[1:])
                continue
            if line.startswith("private "):
                self.private += tuple(line.split()[1:])
                continue
            if ":" not in line or "|" not in line:
                raise SystemExit(f"edges.txt:{number}: expected `folder : folders | headers`, got: {line}")
            name, rest = line.split(":", 1)
            allowed, headers = rest.split("|", 1)
            self.folders[name.strip()] = set(allowed.split())
            self.third_party[name.strip()] = tuple(headers.split())

    def rule_name(self, folder):
        """plugins/shared/x is covered by `plugins/shared`, others by their own line."""
        return folder if folder in self.folders else None


def is_standard(name):
    return ("/" not in name and "." not in name) or name in C_HEADERS or name.startswith(C_LIBRARY)


def target_of(root, path, name, known):
    """(folder, file) of this tree that an include means, or (None, None) where it is a third party's."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if beside in known:
        return source.folder_of(beside), beside
    if name.startswith("ns/"):
        return "plugin-api", next((k for k in known if k.startswith("plugin-api/") and k.endswith("/" + name)), None)
    if name.endswith((".pb.h", ".grpc.pb.h")) and not name.startswith("google/"):
        return "proto", None
    for base in ("core", "gateway/plugin", "gateway/cli", "gateway", "plugins", "plugins/shared", "plugin-api", ""):
        candidate = os.path.join(base, name)
        if candidate in known:
            return source.folder_of(candidate), candidate
    first = name.split("/")[0]
    if "/" in name and os.path.isdir(os.path.join(root, "core", first)):
        return first, None
    return None, None


def check(root, edges):
    """All violations, as sentences that name file and line."""
    rules, found = Rules(edges), []
    paths = source.files(root)
    known, graph, folder_graph = set(paths), {}, {}
    for path in paths:
        folder = source.folder_of(path)
        name = rules.rule_name(folder)
        if name is None:
            found.append(f"{path}: edges.txt has no line for the folder {folder}")
            continue
        allowed = {name} | rules.folders[name]
        headers = rules.third_party[name]
        if source.is_test(path):
            for extra in ("test", name + "/test"):
                allowed |= rules.folders.get(extra, set())
                headers += rules.third_party.get(extra, ())
        for line, quoted, header in source.includes(source.code(source.read(root, path))):
            where = f"{path}:{line}"
            if path.endswith(".h") and header.startswith(rules.heavy) and path not in rules.private:
                found.append(f"{where}: {header} is heavy and belongs in .cc files only")
            if not quoted and is_standard(header):
                continue
            target, file = target_of(root, path, header, known)
            if target is None:
                if not header.startswith(headers):
                    found.append(f"{where}: {name} may not include the third-party header {header}")
                continue
            if target not in allowed:
                found.append(f"{where}: {name} may not include {target} ({header})")
            if path.endswith(".h") and file in rules.private:
                found.append(f"{where}: {header} is private to .cc files")
            if file:
                graph.setdefault(path, set()).add(file)
            if target != name and not source.is_test(path):
                folder_graph.setdefault(name, set()).add(target)
    found += [f"include cycle between files: {' -> '.join(c)}" for c in cycles(graph)]
    found += [f"include cycle between folders: {' -> '.join(c)}" for c in cycles(folder_graph)]
    return found


def cycles(graph):
    """One cycle for each back edge that a depth-first walk meets."""
    state, result = {}, []

    def walk(node, trail):
        state[node] = "open"
        for following in sorted(graph.get(node, ())):
            if state.get(following) == "open":
                result.append(trail[trail.index(following):] + [following] if following in trail else [node, following])
            elif following not in state:
                walk(following, trail + [following])
        state[node] = "done"

    for node in sorted(graph):
        if node not in state:
            walk(node, [node])
    return result


def main(arguments):
    root = arguments[0]
    edges = arguments[1] if len(arguments) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "edges.txt")
    with open(edges, encoding="utf-8") as file:
        found = check(root, file.read())
    print("\n".join(found) if found else f"{len(source.files(root))} files keep to the edges")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
