"""The hostile repositories: each a name, what becomes of its checkout, and what it holds.

An outcome is "ok", or reason and fault of the failure ("CheckoutRefused source"). `{home}` and `{other}` in a .gitmodules
become host and port of the repository's own server and of the one that must not see its password.
"""
import os

import hostile_lfs_for_test
from hostile_objects_for_test import FILE, GITLINK, LINK, PROGRAM, TREE, Objects

REFUSED, LIMIT = "CheckoutRefused source", "LimitExceeded source"
GONE = "0123456789" * 4
PLACES = {}  # b"{home}" -> b"127.0.0.1:4711", set before the cases are made


def placed(text):
    for name, place in PLACES.items():
        text = text.replace(name, place)
    return text


class Case:
    def __init__(self, name, outcome, repository, **more):
        self.name, self.outcome, self.repository = name, outcome, repository
        self.answer = more.get("answer", "")      # how its server misbehaves
        self.commit = more.get("commit", repository.head)
        self.holds = more.get("holds", {})        # path -> text that the checkout must have
        self.lfs = more.get("lfs")                # its server of Git LFS


def names(canary):
    def one(name, mode=FILE):
        o = Objects()
        what = o.tree((PROGRAM, b"post-checkout", o.blob(b"#!/bin/sh\ntouch %s/hook\n" % canary))) if mode == TREE else o.blob(b"evil\n")
        return o.holding((mode, name, what))

    refused = {
        "dotgit-file": b".git", "dotgit-upper": b".GIT", "dotgit-mixed": b".gIt", "dotgit-short": b"git~1", "dotgit-short-upper": b"GIT~1",
        "dotgit-blank": b".git ", "dotgit-dot": b".git.", "dotgit-dots-blanks": b".GIT . .", "dotgit-stream": b".git::$INDEX_ALLOCATION",
        "dotgit-backslash": b".git\\hooks", "dotgit-joiner": b".g\xe2\x80\x8cit", "dotgit-bom": b"\xef\xbb\xbf.git",
        "dotgit-mark": b".git\xe2\x80\x8f",
        "dotdot": b"..", "dot": b".", "empty-name": b"", "slash": b"a/b", "up-slash": b"../canary/evil", "absolute": canary + b"/evil",
        "dotgit-slash-hooks": b".git/hooks", "long-name": b"n" * 300,
    }
    for label, name in refused.items():
        yield Case(label, REFUSED, one(name))
    for label, name in {"dotgit-folder": b".git", "dotgit-folder-short": b"gIT~1", "dotdot-folder": b".."}.items():
        yield Case(label, REFUSED, one(name, TREE))
    kept = {"backslashes": b"..\\..\\evil", "trailing-dots": b"name...", "control": b"a\nb\x1b[31m", "no-utf8": b"\xff\xfe",
        "drive": b"c:evil", "option": b"--upload-pack=evil"}
    for label, name in kept.items():
        yield Case(label, "ok", one(name))
    o = Objects()
    yield Case("case-collision", "ok", o.holding((FILE, b"A", o.blob(b"1")), (FILE, b"a", o.blob(b"2"))), holds={"A": "1", "a": "2"})


def links(canary):
    def link(target, name=b"link", *more):
        o = Objects()
        return o.holding((LINK, name, o.blob(target)), *[make(o) for make in more])

    yield Case("link-absolute", REFUSED, link(canary + b"/kept"))
    yield Case("link-out", REFUSED, link(b"../canary/kept"))
    yield Case("link-far-out", REFUSED, link(b"../" * 40 + b"etc/passwd"))
    yield Case("link-hidden-out", REFUSED, link(b"a/../../canary/kept"))
    yield Case("link-dotdot", REFUSED, link(b".."))
    yield Case("link-empty", REFUSED, link(b""))
    yield Case("link-nul", REFUSED, link(b"file\0/../.."))
    yield Case("link-long", REFUSED, link(b"x/" * 3000))
    yield Case("link-to-itself", "ok", link(b"link"))
    yield Case("link-loop", "ok", link(b"two", b"one", lambda o: (LINK, b"two", o.blob(b"one"))))
    evil = lambda name: lambda o: (TREE, name, o.tree((FILE, b"evil", o.blob(b"evil\n"))))
    yield Case("folder-through-link", REFUSED, link(b"file", b"a", evil(b"a")))
    yield Case("file-through-link", REFUSED, link(b"b", b"a", lambda o: (FILE, b"a", o.blob(b"evil\n"))))
    yield Case("module-through-link", REFUSED, link(b"b", b"a", lambda o: (GITLINK, b"a", GONE)))
    o = Objects()
    below = o.tree((LINK, b"link", o.blob(b"../../canary")))
    yield Case("link-out-of-a-folder", REFUSED, o.holding((TREE, b"sub", below)))
    o = Objects()
    yield Case("file-twice", REFUSED, o.holding((FILE, b"a", o.blob(b"1")), (FILE, b"a", o.blob(b"2"))))
    o = Objects()
    yield Case("folder-twice", REFUSED, o.holding(evil(b"a")(o), evil(b"a")(o)))


def objects(canary):
    o = Objects()
    yield Case("tree-is-a-file", REFUSED, o.holding((TREE, b"sub", o.blob(b"x"))))
    o = Objects()
    yield Case("file-is-a-tree", REFUSED, o.holding((FILE, b"a", o.tree())))
    o = Objects()
    yield Case("object-missing", REFUSED, o.holding((FILE, b"a", GONE)))
    o = Objects()
    yield Case("folder-missing", REFUSED, o.holding((TREE, b"a", GONE)))
    o = Objects()
    yield Case("tree-cut", REFUSED, o.commit(o.add("tree", b"100644 a\0short")))
    o = Objects()
    yield Case("commit-without-tree", REFUSED, o.commit(GONE))
    o = Objects()
    yield Case("commit-is-a-file", "CommitNotFound source", o.holding(), commit=o.blob(b"plain\n"))
    o = Objects()
    yield Case("mode-setuid", "ok", o.holding((b"104777", b"a", o.blob(b"x"))), holds={"a": "x"})
    o = Objects()
    yield Case("mode-device", "ok", o.holding((b"20666", b"a", o.blob(b"x"))))


def giants(canary):
    o = Objects()
    what = o.blob(b"")
    yield Case("many-entries", LIMIT, o.holding(*[(FILE, b"f%05d" % i, what) for i in range(2100)]))
    o = Objects()
    below = o.tree((FILE, b"x", o.blob(b"")))
    for _ in range(9):
        below = o.tree(*[(TREE, b"d%d" % i, below) for i in range(10)])
    yield Case("tree-bomb", LIMIT, o.holding((TREE, b"bomb", below)))
    for label, depth, name in (("deep", 400, b"d"), ("long-path", 60, b"d" * 100)):
        o = Objects()
        below = o.tree((FILE, b"x", o.blob(b"")))
        for _ in range(depth):
            below = o.tree((TREE, name, below))
        yield Case(label, LIMIT, o.holding((TREE, b"top", below)))
    o = Objects()
    yield Case("zeros", LIMIT, o.holding((FILE, b"zeros", o.blob(bytes(16 << 20)))))
    o = Objects()
    yield Case("random", LIMIT, o.holding((FILE, b"random", o.blob(os.urandom(9 << 20)))))
    o = Objects()
    same = o.blob(bytes(1 << 20))
    yield Case("same-file-again", LIMIT, o.holding(*[(FILE, b"f%02d" % i, same) for i in range(20)]))
    o = Objects()
    yield Case("delta-bomb", LIMIT, o.holding((FILE, b"bomb", o.copies(o.blob(bytes(1 << 16)), 16 << 20))))
    o = Objects()
    yield Case("delta-beyond-memory", LIMIT, o.holding((FILE, b"bomb", o.copies(o.blob(bytes(1 << 16)), 300 << 20))))


def content(canary):
    hook = b"#!/bin/sh\ntouch %s/hook\n" % canary
    o = Objects()
    hooks = o.tree((PROGRAM, b"post-checkout", o.blob(hook)), (PROGRAM, b"post-merge", o.blob(hook)))
    yield Case("hooks-beside", "ok", o.holding((TREE, b"hooks", hooks), (FILE, b".gitconfig",
        o.blob(b"[core]\nhooksPath=hooks\nfsmonitor=hooks/post-checkout\n"))))
    o = Objects()
    config = o.blob(b"[core]\nbare=true\nfsmonitor=\"touch %s/fsmonitor\"\n" % canary)
    yield Case("bare-inside", "ok", o.holding((FILE, b"HEAD", o.blob(b"ref: refs/heads/main\n")), (FILE, b"config", config),
                                              (TREE, b"objects", o.tree((FILE, b"x", o.blob(b"")))),
                                                  (TREE, b"refs", o.tree((FILE, b"x", o.blob(b""))))))
    plain = b"$Id$\nline\n"
    for label, line in {"filter": b"* filter=evil diff=evil", "ident": b"* ident", "crlf": b"* text eol=crlf",
        "encoding": b"* working-tree-encoding=UTF-16", "macro": b"[attr]evil filter=evil\n* evil"}.items():
        o = Objects()
        yield Case("attributes-" + label, "ok", o.holding((FILE, b".gitattributes", o.blob(line + b"\n")), (FILE, b"a", o.blob(plain))),
            holds={"a": plain.decode()})
    o = Objects()
    yield Case("attributes-link", "ok", o.holding((LINK, b".gitattributes", o.blob(b"file"))))


def servers(canary):
    def plain():
        return Objects().holding()

    unreachable = "RemoteUnreachable platform"
    for label, outcome in {"pack-cut": unreachable, "pack-checksum": unreachable, "pack-of-too-few": unreachable,
        "pack-of-4-billion": LIMIT, "pack-garbage": unreachable,
                           "pack-empty": "internal platform", "page": "RepositoryNotFound operator", "packet-garbage": unreachable,
                           "packet-huge": unreachable,
                           "redirect-other": "AddressRefused operator", "redirect-loop": "AuthenticationFailed operator",
                           "redirect-file": unreachable, "redirect-metadata": "AddressRefused operator",
                           "redirect-pack": unreachable, "silent": "RemoteTimeout platform", "endless-refs": "RemoteTimeout platform",
                           "error-line": unreachable}.items():
        yield Case("server-" + label, outcome, plain(), answer=label)
    yield Case("commit-unknown", "CommitNotFound source", plain(), commit="ab" * 20)
    yield Case("commit-option", "CommitNotFound source", plain(), commit="--upload-pack=x")
    yield Case("-oProxyCommand=evil", "ok", plain())
    for label, name in {"option": b"refs/heads/--upload-pack=evil", "up": b"refs/heads/../../../../canary/evil", "absolute": b"/" + canary,
        "lock": b"refs/heads/main.lock", "control": b"refs/heads/a\x1b[31m",
                        "conflict": b"refs/heads/main/below", "long": b"refs/heads/" + b"n" * 3000,
                        "hooks": b"refs/heads/../../hooks/post-checkout"}.items():
        o = plain()
        o.refs = [(name, o.head)]
        yield Case("ref-" + label, "internal platform" if label in ("conflict", "long") else "ok", o)


def module(url, path=b"sub", what=None, more=b"", name=b"sub"):
    """A repository with the gitlink "sub", and a .gitmodules that says this of it."""
    o = Objects()
    quoted = placed(url).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    text = b'[submodule "%s"]\n\tpath = %s\n\turl = "%s"\n%s' % (name, path, quoted, more)
    return o.holding((FILE, b".gitmodules", o.blob(text)), (GITLINK, b"sub", what or GONE))


def modules(canary):
    good = Objects()
    good.commit(good.tree((FILE, b"inner", good.blob(b"inner\n"))))
    yield Case("good", "ok", good, holds={"inner": "inner\n"})
    here, there = {"sub/inner": "inner\n", "file": "plain\n"}, "AuthenticationFailed source"
    at = lambda label, outcome, url, holds={}, **more: Case("module-" + label, outcome, module(url, what=good.head, **more), holds=holds)
    yield at("relative", "ok", b"../good.git", here)
    yield at("relative-dots", "ok", b"./.././good.git", here)
    yield at("absolute", "ok", b"http://{home}/good.git", here)
    yield at("other-public", "ok", b"http://{other}/public/good.git", here)
    yield at("name-climbs", "ok", b"../good.git", here, name=b"../../../canary/evil")
    yield at("update-command", "ok", b"../good.git", here, more=b"\tupdate = !touch %s/update\n\tbranch = --evil\n\tshallow = true\n" % canary)
    yield at("include", "ok", b"../good.git", here,
        more=b"[include]\n\tpath = %s/kept\n[includeIf \"gitdir:/\"]\n\tpath = %s/kept\n" % (canary, canary))
    yield at("other-asks", there, b"http://{other}/good.git")
    yield at("other-name", there, b"http://localhost:{home_port}/good.git")
    yield at("other-redirects-home", there, b"http://{other}/public/to-home/good.git")
    yield at("home-redirects-away", "AddressRefused source", b"http://{home}/to-other/good.git")
    yield at("private-address", "AddressRefused source", b"http://10.255.255.1/good.git")
    yield at("metadata-address", "AddressRefused source", b"http://169.254.169.254/good.git")
    yield at("ssh-private", "AddressRefused source", b"git@10.255.255.1:good.git")
    bad = {"upload-pack": b"--upload-pack=touch canary/evil", "proxy-command": b"-oProxyCommand=touch",
        "ssh-option": b"ssh://-oProxyCommand=touch/x", "scp-option": b"-x@host:path",
           "ext": b"ext::sh -c touch% canary/evil", "fd": b"fd::17/x", "file": b"file:///etc", "path": canary,
           "git": b"git://{other}/good.git", "newline": b"http://{home}/good.git\nevil",
           "return": b"http://{home}/good.git\r", "escape": b"http://{home}/\x1b[31m",
           "password": b"http://user:marked-token@{other}/good.git", "empty": b"", "out-of-root": b"../../../../etc/passwd",
           "out-of-host": b"../../good.git", "inner-climb": b"../a/../../good.git", "encoded-climb": b"../%2e%2e/good.git",
           "backslash": b"..\\good.git", "relative-ext": b"../ext::sh", "query": b"http://{home}/good.git?x#y"}
    for label, url in bad.items():
        yield Case("module-url-" + label, REFUSED, module(url))
    yield Case("module-path-climbs", "ok", module(b"../good.git", path=b"../canary"))
    yield Case("module-path-hooks", "ok", module(b"../good.git", path=b".git/hooks"))
    yield Case("module-path-absolute", "ok", module(b"../good.git", path=canary))
    yield Case("module-commit-unknown", "CommitNotFound source", module(b"../good.git"))
    yield Case("module-not-there", "RepositoryNotFound source", module(b"../nothing.git"))
    yield from module_trees(good)


def module_trees(good):
    o = Objects()
    yield Case("module-unnamed", "ok", o.holding((GITLINK, b"sub", GONE)))
    o = Objects()
    yield Case("module-dotgit", REFUSED, o.holding((GITLINK, b".git", GONE)))
    for label, mode, text in (("link", LINK, b"file"), ("folder", TREE, None)):
        o = Objects()
        what = o.tree((FILE, b"x", o.blob(b""))) if text is None else o.blob(text)
        yield Case("gitmodules-" + label, REFUSED, o.holding((mode, b".gitmodules", what), (GITLINK, b"sub", GONE)))
    for label, text, outcome in (("garbage", b"[submodule \"sub\n\x00\xff", REFUSED),
        ("no-url", b"[submodule \"sub\"]\npath = sub\n", REFUSED), ("huge", b"# long\n" * 400_000, LIMIT),
                                 ("many", b"".join(b'[submodule "m%d"]\n' % i for i in range(20_000)), LIMIT)):
        o = Objects()
        yield Case("gitmodules-" + label, outcome, o.holding((FILE, b".gitmodules", o.blob(text)), (GITLINK, b"sub", GONE)))
    o = Objects()
    o.holding((FILE, b".git", o.blob(b"gitdir: ../canary\n")))
    yield Case("evil", REFUSED, o)
    yield Case("module-holds-dotgit", REFUSED, module(b"../evil.git", what=o.head))
    o = Objects()
    o.holding((LINK, b"out", o.blob(b"../../canary")))
    yield Case("climber", REFUSED, o)
    yield Case("module-holds-link-out", REFUSED, module(b"../climber.git", what=o.head))
    inner = good
    for i in range(8):
        inner = module(b"../chain%d.git" % (i - 1) if i else b"../good.git", what=inner.head)
        yield Case(f"chain{i}", "ok" if i < 5 else LIMIT, inner)
    o = Objects()
    text = b"".join(b'[submodule "m%d"]\npath = m%d\nurl = ../good.git\n' % (i, i) for i in range(150))
    yield Case("module-many", LIMIT, o.holding((FILE, b".gitmodules", o.blob(text)), *[(GITLINK, b"m%d" % i, good.head) for i in range(150)]))
    first = Objects()
    first.holding()
    pong = module(b"../cycle.git", what=first.head)
    cycle = module(b"../pong.git", what=pong.head)
    cycle.all.update(first.all)
    yield Case("pong", "ok", pong)
    yield Case("cycle", "ok", cycle, holds={"sub/sub/file": "plain\n"})
    o = Objects()
    o.holding((FILE, b"five", o.blob(bytes(5 << 20))))
    yield Case("five", "ok", o)
    p = Objects()
    text = b'[submodule "a"]\npath = a\nurl = ../five.git\n[submodule "b"]\npath = b\nurl = ../five.git\n'
    yield Case("module-sizes-add-up", LIMIT, p.holding((FILE, b".gitmodules", p.blob(text)), (GITLINK, b"a", o.head), (GITLINK, b"b", o.head)))


def large_files(canary):
    for name, outcome, repository, server, holds in hostile_lfs_for_test.all_lfs(canary, placed):
        yield Case(name, outcome, repository, holds=holds, lfs=server)


def all_cases(canary):
    for group in (names, links, objects, giants, content, servers, modules, large_files):
        yield from group(canary)
