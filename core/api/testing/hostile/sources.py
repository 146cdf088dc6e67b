"""Repositories, and what is named in them: refs, URLs, paths."""
import re

from hostile.lines import ASCII, STRANGE, accept, add, inserted, not_text, refuse

# ---- refs. The repository has HEAD, main, v2 and their full names ----

KNOWN_REFS = ("HEAD", "main", "refs/heads/main", "refs/tags/v2", "v2")


def ref(value):
    """By the rules of git-check-ref-format(1)."""
    if value in KNOWN_REFS:
        return add("ref", "ok", "=", value)
    bad = (value == "" or len(value.encode()) > 255 or value[0] == "-" or re.search(r"[\x00-\x20\x7f~^:?*\[\\]", value) or ".." in value or "@{" in value or value == "@" or
           value.endswith(".") or any(part == "" or part.startswith(".") or part.endswith(".lock") for part in value.split("/")))
    return add("ref", "refuse", "*" if bad else "a branch, a tag or HEAD", value)


def refs():
    for c in ASCII:
        for at in (0, 2, 4):
            ref(inserted("main", at, c))
    for c in ASCII:
        ref(inserted("refs/heads/main", 11, c))
    for c in STRANGE:
        for at in (0, 4):
            ref(inserted("main", at, c))
    for value in ("", "@", "@{0}", "main@{1}", "main^", "main~1", "main:file", ":main", "..", "a..b", ".", ".a", "a.", "a/.b", "a.lock", "a.lock/b", "a//b", "/main", "main/", "/", "--upload-pack=id",
                  "-h", "--", "--help", "refs/heads/", "refs/heads/main/", "refs/heads/main.lock", "FETCH_HEAD", "ORIG_HEAD", "head", "Main", "MAIN", "refs/heads/Main", "heads/main", "tags/v2",
                  "origin/main", "refs/remotes/origin/main", "refs/pull/1/head", "main\n", "main\0", "$(id)", "`id`", "main;id", "main|id", "main&id", "{main}", "%6dain", "a" * 255, "a" * 256,
                  "a" * 100000, "refs/heads/" + "a" * 244, "refs/heads/" + "a" * 245, "+main", "+refs/heads/*:refs/heads/*", "main main", "a/b/c/d/e", "0" * 40, "a" * 40):
        ref(value)
    for value in KNOWN_REFS:
        ref(value)
    not_text("ref", "main", 2)


# ---- URLs of repositories that need no auth ----

def urls():
    good = "https://git.test/a/b.git"
    for c in ASCII:
        for at in (0, 10, 19, 24):
            url = inserted(good, at, c)
            path_ok = re.fullmatch(r"[A-Za-z0-9._~!$&()*+,;=:@/\[\]-]", c)
            if at == 10:
                ok = re.fullmatch(r"[A-Za-z0-9._/-]", c)
            elif at == 0:
                ok = None
            else:
                ok = path_ok
            add("url", "ok" if ok else "refuse", "=" if ok else "*", url)
    for c in STRANGE:
        refuse("url", "*", *(inserted(good, at, c) for at in (10, 19)))
    refuse("url", "*", "", "-", "-oProxyCommand=id", "--upload-pack=id", "https://", "https:///a", "https://git.test", "https://git.test/", "https://git.test//", "https:/git.test/a", "https:git.test/a",
           "://git.test/a", "//git.test/a", "/etc/passwd", "./a", "../a", "a", "git.test/a", "file:///etc/passwd", "file:/etc/passwd", "FILE:///etc", "ext::sh -c id", "ext::id", "fd::7", "fd::7/x",
           "https::https://git.test/a", "git://git.test/a", "git+ssh://git.test/a", "ssh+git://git.test/a", "ftp://git.test/a", "ftps://git.test/a", "javascript:alert(1)", "data:text/plain,x",
           "gopher://git.test/a", "dict://git.test/a", "ldap://git.test/a", "rsync://git.test/a", "unix:///run/x", "https://user@git.test/a", "https://user:pass@git.test/a",
           "https://:pass@git.test/a", "https://@git.test/a", "https://git.test@evil.test/a", "https://git.test:0/a", "https://git.test:65536/a", "https://git.test:-1/a", "https://git.test:x/a",
           "https://git.test:/a", "https://git.test:80:80/a", "https://[::1/a", "https://[]/a", "https://[x]/a", "https://[::1]x/a", "https://[::1%25eth0]/a", "https://-git.test/a",
           "https://.git.test/a", "https://git test/a", "https://git.test/a b", "https://git.test/a?b", "https://git.test/a#b", "https://git.test/a\nb", "https://git.test/a\0b",
           "https://git.test/../a", "https://git.test/a/..", "https://git.test/a/../b", "https://git.test/%2e%2e/a", "https://git.test/a%00b", "https://git.test/a%0ab", "https://git.test/a%",
           "https://git.test/a%2", "https://git.test/a%zz", "https://%67it.test/a", "https://git.test\\evil.test/a", "https://git.test/a\\b", "https://" + "a" * 254 + "/a",
           "https://git.test/" + "a" * 2000, "https://git.test/" + "a" * 100000, "https://git.test/`id`", "https://git.test/'a'", "https://git.test/\"a\"", "https://git.test/<a>",
           "https://git.test/a|b", "https://git.test/{a}", "https://git.test/a^b")
    for scheme in ("http", "https", "HTTP", "Https"):
        accept("url", scheme + "://git.test/x", scheme + "://git.test:8080/x", scheme + "://192.0.2.1/x", scheme + "://[2001:db8::1]/x")
    accept("url", good, "https://git.test/a", "https://git.test/a.git/", "https://git.test//a//b", "https://GIT.test/A", "https://git.test:1/a", "https://git.test:65535/a", "https://git.test/a%20b",
           "https://git.test/a..b", "https://git.test/...", "https://git.test/~a/b", "https://git_test/a", "https://git.test/a@b", "https://git.test/a:b", "https://" + "a" * 253 + "/a",
           "https://git.test/" + "a" * 1983)
    for url in ("ssh://git.test/a", "ssh://git@git.test/a", "git@git.test:a/b.git", "ssh://git@git.test:22/a", "SSH://git.test/a"):
        add("url_auth", "refuse", "auth must be ssh", url)
    not_text("url", good, 19)


# ---- paths inside the source ----

def source_path(kind, value, empty):
    """`empty`: what is kept where nothing is given; None where that is refused."""
    if value == "":
        return add(kind, "refuse" if empty is None else "ok", empty or "must name a path", value)
    if len(value.encode()) > 1024:
        return refuse(kind, "at most 1024", value)
    if re.search(r"[\x00-\x1f\x7f\\]", value):
        return refuse(kind, "control characters or backslashes", value)
    if value.startswith("/"):
        return refuse(kind, "not an absolute one", value)
    if ".." in value.split("/"):
        return refuse(kind, "stay inside the source", value)
    return accept(kind, value)


def source_paths():
    for kind, empty in (("context", "."), ("dockerfile_name", None), ("artifact_path", None)):
        for c in ASCII:
            for at in (0, 2, 4):
                source_path(kind, inserted("docs", at, c), empty)
        for c in STRANGE:
            source_path(kind, inserted("docs", 2, c), empty)
        for value in ("", ".", "./", "./a", "a/.", "a/b/c", "a//b", "a/", "...", "..a", "a..", "a/...", ".git", ".git/config", ".dockerignore", "-", "--file=/etc/passwd", "~", "~root", "$HOME",
                      "$(id)", "`id`", "a b", " ", "a;id", "a|id", "*", "?", "%2e%2e", "%2e%2e/a", "..", "../", "../a", "a/..", "a/../b", "a/b/../..", "./..", "/", "/etc/passwd", "//a", "/..",
                      "\\", "..\\a", "C:\\a", "C:/a", "\\\\host\\a", "a\n", "a\nb", "a\r", "\t", "{{a}}", "\"a\"", "'a'", "[a]", "null", "\u2025/a", "\uff0e\uff0e/a", "\u2024\u2024/a"):
            source_path(kind, value, empty)
        for n in (1, 255, 256, 1000, 1023, 1024, 1025, 1026, 4096, 100000):
            source_path(kind, "a" * n, empty)
        source_path(kind, "é" * 512, empty)
        source_path(kind, "é" * 513, empty)
        source_path(kind, "/".join(["a"] * 500), empty)
        not_text(kind, "docs", 2)
