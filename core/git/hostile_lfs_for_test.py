"""Repositories that keep files in Git LFS, and the servers of these, which misbehave.

A case's server answers a batch with what the pointers need and a download with it, but for what the case does about either:
`batch(handler, answer)` and `download(handler, content)` give what to send instead: bytes, a status, or None where they have sent it.
"""
import hashlib
import json
import time

from hostile_objects_for_test import FILE, GITLINK, LINK, PROGRAM, TREE, Objects

SPEC = b"version https://git-lfs.github.com/spec/v1\n"
ATTRIBUTES = b"*.bin filter=lfs diff=lfs merge=lfs -text\n"
CONTENT = b"the content\n" * 1000
REFUSED, LIMIT, LFS, GONE = "CheckoutRefused source", "LimitExceeded source", "LfsRefused source", "LfsObjectNotFound source"
DENIED, ADDRESS, AWAY = "AuthenticationFailed operator", "AddressRefused operator", "RemoteUnreachable platform"


def oid(content):
    return hashlib.sha256(content).hexdigest()


def pointer(content, size=None, name=None):
    return SPEC + b"oid sha256:%s\nsize %s\n" % ((name or oid(content)).encode(), str(len(content) if size is None else size).encode())


class Server:
    def __init__(self, contents=(CONTENT,), batch=None, download=None, store="http://{home}/store"):
        self.contents = {oid(content): content for content in contents}
        self.batch, self.download, self.store = batch, download, store


def holding(*entries, text=pointer(CONTENT), attributes=ATTRIBUTES, config=None):
    """A repository with the pointer a.bin, and more."""
    o = Objects()
    all_entries = [(FILE, b".gitattributes", o.blob(attributes))]
    if config is not None:
        all_entries.append((FILE, b".lfsconfig", o.blob(config)))
    if text is not None:
        all_entries.append((FILE, b"a.bin", o.blob(text)))
    all_entries += [make(o) for make in entries]
    return o.holding(*all_entries)


def file(name, text, mode=FILE):
    return lambda o: (mode, name, o.blob(text))


def no_pointers():
    """Label -> text that git-lfs takes for a file like any other."""
    name, long = oid(CONTENT).encode(), b"x-long " + b"x" * 900 + b"\n"
    line, size = b"oid sha256:" + name + b"\n", b"size 12000\n"
    return {
        "oid-climbs": SPEC + b"oid sha256:../../../../../../etc/passwd\n" + size, "oid-slashes": SPEC + b"oid sha256:" + b"../" * 21 + b".\n" + size,
        "oid-upper": SPEC + b"oid sha256:" + name.upper() + b"\n" + size, "oid-short": SPEC + line[:-2] + b"\n" + size,
        "oid-long": SPEC + line[:-1] + b"0\n" + size, "oid-md5": SPEC + b"oid md5:" + name[:32] + b"\n" + size, "oid-twice": SPEC + line + line + size,
        "oid-none": SPEC + size, "size-none": SPEC + line, "size-twice": SPEC + line + size + size, "size-empty": SPEC + line + b"size \n",
        "size-negative": SPEC + line + b"size -1\n", "size-real": SPEC + line + b"size 1.5\n", "size-exponent": SPEC + line + b"size 1e4\n",
        "size-hex": SPEC + line + b"size 0x10\n", "size-plus": SPEC + line + b"size +12000\n", "size-zeros": SPEC + line + b"size 012000\n",
        "size-beyond-63-bits": SPEC + line + b"size 9223372036854775808\n", "size-beyond-64-bits": SPEC + line + b"size 18446744073709552000\n",
        "size-blank": SPEC + line + b"size  12000\n", "version-none": line + size, "version-other": b"version https://evil.example/v1\n" + line + size,
        "version-later": line + SPEC + size, "nul": SPEC + line + b"size 12000\0\n", "no-utf8": SPEC + b"ext-0-\xff x\n" + line + size,
        "key-odd": SPEC + b"KEY x\n" + line + size, "too-long": SPEC + long + line + size, "return-inside": SPEC + line[:-1] + b"\rx\n" + size,
    }


def pointers(canary):
    for label, text in no_pointers().items():
        yield "no-pointer-" + label, "ok", holding(text=text), Server(()), {"a.bin": text.decode("latin-1")} if text.isascii() else {}
    kept = {"a.bin": pointer(CONTENT).decode()}
    for label, attributes in {"none": b"", "other": b"*.bin filter=lfsx\n", "unset": ATTRIBUTES + b"a.bin -filter\n", "true": b"*.bin filter\n",
                              "comment": b"# *.bin filter=lfs\n", "else": b"b.bin filter=lfs\n"}.items():
        yield "attributes-" + label, "ok", holding(attributes=attributes), Server(()), kept
    good = {"a.bin": CONTENT.decode()}
    yield "attributes-macro", "ok", holding(attributes=b"[attr]big filter=lfs\n*.bin big\n"), Server(), good
    below = lambda o: (TREE, b"sub", o.tree((FILE, b".gitattributes", o.blob(b"*.bin -filter\n")), (FILE, b"b.bin", o.blob(pointer(CONTENT)))))
    yield "attributes-below", "ok", holding(below), Server(), {**good, "sub/b.bin": pointer(CONTENT).decode()}
    yield "good", "ok", holding(), Server(), good
    yield "program", "ok", holding(file(b"run.bin", pointer(CONTENT), PROGRAM), text=None), Server(), {"run.bin": CONTENT.decode()}
    yield "old-version", "ok", holding(text=pointer(CONTENT).replace(b"git-lfs", b"hawser")), Server(), good
    yield "several-places", "ok", holding(*[file(b"b%d.bin" % i, pointer(CONTENT)) for i in range(5)]), Server(), {**good, "b4.bin": CONTENT.decode()}
    several = [b"content %d\n" % i for i in range(250)]
    yield "three-batches", "ok", holding(*[file(b"b%03d.bin" % i, pointer(one)) for i, one in enumerate(several)], text=None), Server(several), \
        {"b000.bin": "content 0\n", "b249.bin": "content 249\n"}
    names = [file(b".ns-lfs-%d" % i, b"mine\n") for i in range(1200)]
    yield "scratch-names", "ok", holding(*names), Server(), {**good, ".ns-lfs-0": "mine\n", ".ns-lfs-1199": "mine\n"}
    yield "empty", "ok", holding(text=pointer(b"")), Server(()), {"a.bin": ""}
    yield "as-gitmodules", "ok", holding(file(b".gitmodules", pointer(CONTENT)), attributes=b"* filter=lfs\n"), Server(), {".gitmodules": CONTENT.decode()}
    yield "as-link", "ok", holding(file(b"link.bin", pointer(CONTENT), LINK), text=None), Server(()), {}
    yield "empty-lies", REFUSED, holding(text=pointer(CONTENT, 0)), Server(), {}
    yield "extension", REFUSED, holding(text=SPEC + b"ext-0-evil sha256:" + b"a" * 64 + b"\n" + pointer(CONTENT)[len(SPEC):]), Server(), {}
    yield "two-sizes", REFUSED, holding(file(b"b.bin", pointer(CONTENT, 5))), Server(), {}
    yield "dotgit", REFUSED, holding(file(b".git", pointer(CONTENT)), attributes=b"* filter=lfs\n"), Server(), {}
    yield "dotgit-short", REFUSED, holding(file(b"GIT~1", pointer(CONTENT)), attributes=b"* filter=lfs\n"), Server(), {}
    hooks = lambda o: (TREE, b".git", o.tree((PROGRAM, b"post-checkout", o.blob(pointer(CONTENT)))))
    yield "dotgit-hooks", REFUSED, holding(hooks, attributes=b"* filter=lfs\n"), Server(), {}
    yield "under-a-link", REFUSED, holding(file(b"a", canary, LINK), lambda o: (TREE, b"a", o.tree((FILE, b"kept", o.blob(pointer(CONTENT)))))), Server(), {}
    through = lambda o: (TREE, b"b", o.tree((FILE, b"kept.bin", o.blob(pointer(CONTENT)))))
    yield "through-a-link", REFUSED, holding(file(b"b", b"file", LINK), through), Server(), {}
    yield "link-beside", REFUSED, holding(file(b"a.bin", b"../canary/kept", LINK), text=None), Server(), {}
    yield "name-twice", REFUSED, holding(file(b"a.bin", b"file", LINK)), Server(), {}
    yield "size-huge", LIMIT, holding(text=pointer(CONTENT, 2**62)), Server(), {}
    yield "size-most", LIMIT, holding(text=pointer(CONTENT, 2**63 - 1)), Server(), {}
    yield "size-over-limit", LIMIT, holding(text=pointer(CONTENT, 9 << 20)), Server(), {}
    yield "sizes-add-up", LIMIT, holding(file(b"b.bin", pointer(b"b", 5 << 20)), text=pointer(b"a", 5 << 20)), Server(), {}
    yield "sizes-overflow", LIMIT, holding(*[file(b"b%d.bin" % i, pointer(b"%d" % i, 2**63 - 1)) for i in range(3)]), Server(), {}
    yield "one-object-often", LIMIT, holding(*[file(b"b%03d.bin" % i, pointer(b"x", 1 << 20)) for i in range(20)]), Server(), {}
    yield "many", LIMIT, holding(*[file(b"b%05d.bin" % i, pointer(b"%d" % i)) for i in range(2100)]), Server(), {}


def changed(**more):
    """A batch whose one object has these members, None for none."""
    def change(handler, answer):
        answer["objects"][0].update(more)
        answer["objects"][0] = {name: value for name, value in answer["objects"][0].items() if value is not None}
        return json.dumps(answer).encode()
    return change


def action(**more):
    """A batch whose one download has these members; {other} and {home} in an href are places."""
    def change(handler, answer):
        download = answer["objects"][0]["actions"]["download"]
        download.update({name: handler.placed(value) if isinstance(value, str) else value for name, value in more.items()})
        return json.dumps(answer).encode()
    return change


def whole(change):
    return lambda handler, answer: json.dumps(change(answer) or answer).encode()


def sent(text):
    return lambda handler, _: text


def complaint(status, message):
    return lambda handler, _: handler.answer(status, json.dumps({"message": message}).encode(), "application/vnd.git-lfs+json")


def redirect(status, place):
    def send(handler, _):
        handler.answer(status, Location=handler.placed(place).replace("{self}", f"http://{handler.headers['Host']}{handler.path}"))
    return send


def endless(handler, _):
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b" " * 65536)


def endless_headers(handler, _):
    handler.send_response(200)
    handler.flush_headers()
    for i in range(20_000):
        handler.wfile.write(b"X-%d: %s\r\n" % (i, b"x" * 50_000))


def endless_informs(handler, _):
    for _ in range(1_000_000):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def cut(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[:len(content) // 2])
    handler.close_connection = True


def cut_at_first(times):
    seen = []

    def send_or_cut(handler, content):
        seen.append(content)
        return content if len(seen) > times else cut(handler, content)
    return send_or_cut


def answers(canary):
    one = lambda label, outcome, batch, holds=(): (label, outcome, holding(), Server(batch=batch), dict(holds))
    texts = {"page": b"<html>hello</html>", "empty": b"", "list": b"[]", "text": b'"x"', "cut": b'{"objects":[{"oid":', "nul": b"{}\0", "no-utf8": b'{"\xff":1}',
             "nothing": b"{}", "objects-null": b'{"objects":null}', "objects-text": b'{"objects":"all"}', "objects-number": b'{"objects":[1,2]}',
             "nested": b'{"objects":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no-objects": b'{"objects":[]}', "big": b'{"objects":[' + b" " * (5 << 20) + b"]}"}
    for label, text in texts.items():
        yield one("answer-" + label, LFS, sent(text))
    yield one("answer-endless", LFS, endless)
    yield one("answer-endless-headers", AWAY, endless_headers)
    yield one("answer-endless-informs", AWAY, endless_informs)
    yield one("answer-million", LFS, whole(lambda a: a["objects"].extend(a["objects"] * 20_000)))
    yield one("answer-twice", LFS, whole(lambda a: a["objects"].append(a["objects"][0])))
    yield one("answer-tus", LFS, whole(lambda a: a.update(transfer="tus")))
    yield one("answer-sha512", LFS, whole(lambda a: a.update(hash_algo="sha512")))
    yield one("oid-other", LFS, changed(oid="a" * 64))
    yield one("oid-climbs", LFS, changed(oid="../../canary/evil"))
    yield one("oid-none", LFS, changed(oid=None))
    yield one("oid-number", LFS, changed(oid=7))
    yield one("size-other", LFS, changed(size=5))
    yield one("size-negative", LFS, changed(size=-1))
    yield one("size-none", LFS, changed(size=None))
    yield one("actions-none", LFS, changed(actions=None))
    yield one("actions-empty", LFS, changed(actions={}))
    yield one("actions-text", LFS, changed(actions="download"))
    yield one("actions-upload", LFS, changed(actions={"upload": {"href": "http://127.0.0.1/"}}))
    yield one("actions-list", LFS, changed(actions={"download": []}))
    yield one("error-404", GONE, changed(error={"code": 404, "message": "gone\x1b[31m\nnow"}))
    yield one("error-410", GONE, changed(error={"code": 410}))
    yield one("error-403", LFS, changed(error={"code": 403, "message": "no " * 10_000}))
    yield one("error-empty", LFS, changed(error={}))
    yield one("error-text", LFS, changed(error="no"))
    for label, href in {"none": None, "empty": "", "relative": "/store/x", "file": "file:///etc/passwd", "file-host": "file://127.0.0.1/etc/passwd",
                        "ftp": "ftp://{other}/x", "ext": "ext::sh -c touch% canary", "gopher": "gopher://{other}/x", "dict": "dict://{other}/x",
                        "scp": "git@{other}:x", "user": "http://user:marked-token@{other}/x", "user-only": "http://user@{other}/x",
                        "lines": "http://{other}/x\r\nX-Evil: 1", "blank": "http://{other}/a b", "escape": "http://{other}/\x1b[31m", "no-host": "http:///x",
                        "port": "http://127.0.0.1:99999/x", "long": "http://{other}/" + "x" * 9000, "backslash": "http:\\\\{other}\\x@y"}.items():
        yield one("href-" + label, LFS, action(href=href))
    for label, href in {"private": "http://10.255.255.1/x", "metadata": "http://169.254.169.254/latest", "mapped": "http://[::ffff:10.0.0.1]/x",
                        "octal": "http://012.0.0.1/x", "number": "http://167772161/x", "loopback-6": "http://[::1]:1/x"}.items():
        yield one("href-" + label, ADDRESS, action(href=href))
    yield one("href-other", "ok", action(href="http://{other}/public/store/{case}/" + oid(CONTENT)), {"a.bin": CONTENT.decode()})
    yield one("href-other-asks", DENIED, action(href="http://{other}/store/{case}/" + oid(CONTENT)))
    for label, header in {"lines": {"X-A": "1\r\nX-Evil: 1"}, "line": {"X-A": "1\nX-Evil: 1"}, "nul": {"X-A": "1\0"}, "name-lines": {"X-A: 1\r\nX-B": "1"},
                          "name-colon": {"X-A:": "1"}, "name-blank": {"X A": "1"}, "name-empty": {"": "1"}, "number": {"X-A": 1}, "null": {"X-A": None},
                          "long": {"X-A": "x" * 20_000}, "many": {f"X-{i}": "1" for i in range(200)}, "list": ["X-A: 1"], "text": "X-A: 1"}.items():
        yield one("header-" + label, LFS, action(header=header))
    ours = {"Host": "evil", "Content-Length": "5", "Transfer-Encoding": "chunked", "Connection": "close", "Proxy-Authorization": "x", "Range": "bytes=0-5"}
    yield one("header-of-the-connection", "ok", action(header=ours), {"a.bin": CONTENT.decode()})
    yield one("header-none", "ok", action(header=None), {"a.bin": CONTENT.decode()})
    own = {"href": "http://{home}/open/{case}/" + oid(CONTENT), "header": {"X-Token": "marked-action"}}
    yield one("header-for-its-href", "ok", action(**own), {"a.bin": CONTENT.decode()})
    for status, outcome in {401: DENIED, 403: DENIED, 404: LFS, 413: LFS, 422: LFS, 429: AWAY, 500: AWAY, 503: AWAY}.items():
        yield one(f"answer-{status}", outcome, complaint(status, "no\x1b[31m\n" * 1000))
    yield one("answer-long-complaint", AWAY, complaint(500, "no " * 100_000))
    yield one("answer-silent", "RemoteTimeout platform", lambda handler, _: time.sleep(60))


def transfers(canary):
    one = lambda label, outcome, download, holds=(), **more: (label, outcome, holding(), Server(download=download, **more), dict(holds))
    good = {"a.bin": CONTENT.decode()}
    yield one("download-other-bytes", LFS, lambda _, content: content.upper())
    yield one("download-short", LFS, lambda _, content: content[:-1])
    yield one("download-long", LFS, lambda _, content: content + b"x")
    yield one("download-nothing", LFS, lambda _, content: b"")
    yield one("download-endless", LFS, endless)
    yield one("download-endless-headers", AWAY, endless_headers)
    yield one("download-cut", AWAY, cut)
    yield one("download-cut-twice", "ok", cut_at_first(2), good)
    several = [b"content %d\n" % i for i in range(30)]
    many = holding(*[file(b"b%02d.bin" % i, pointer(content)) for i, content in enumerate(several)], text=None)
    lies = lambda _, content: content.upper() if content == several[17] else content
    yield "download-one-of-many-lies", LFS, many, Server(several, download=lies), {}
    cuts = [cut_at_first(1) for _ in several]
    each = lambda handler, content: cuts[several.index(content)](handler, content)
    yield "download-each-cut-once", "ok", many, Server(several, download=each), {"b00.bin": "content 0\n", "b29.bin": "content 29\n"}
    yield one("download-page", LFS, sent(b"<html>log in</html>"))
    for status, outcome in {204: LFS, 401: DENIED, 403: DENIED, 404: GONE, 410: GONE, 418: LFS, 429: AWAY, 500: AWAY}.items():
        yield one(f"download-{status}", outcome, complaint(status, "no\x1b[31m\n" * 1000))
    yield one("download-silent", "RemoteTimeout platform", lambda handler, _: time.sleep(60))
    for status in (301, 302, 303, 307, 308):
        yield one(f"download-moved-away-{status}", "ok", redirect(status, "http://{other}/public/plain/{case}/" + oid(CONTENT)), good)
    yield one("download-away-and-back", DENIED, redirect(302, "http://{other}/public/to-home-store/{case}/" + oid(CONTENT)))
    token = action(href="http://{home}/open/{case}/" + oid(CONTENT), header={"X-Token": "marked-action", "Authorization": "marked-action"})
    yield one("token-moved-away", "ok", redirect(302, "http://{other}/public/plain/{case}/" + oid(CONTENT)), good, batch=token)
    yield one("token-to-other-name", "ok", redirect(302, "http://localhost:{home_port}/returned/{case}/" + oid(CONTENT)), good, batch=token)
    yield one("download-loop", AWAY, redirect(302, "{self}"))
    for label, place in {"file": "file:///etc/passwd", "ftp": "ftp://{other}/x", "user": "http://u:p@{other}/x", "blank": "http://{other}/a b"}.items():
        yield one("download-to-" + label, AWAY, redirect(302, place))
    for label, place in {"private": "http://10.255.255.1/x", "metadata": "http://169.254.169.254/latest"}.items():
        yield one("download-to-" + label, ADDRESS, redirect(302, place))
    yield one("download-to-nowhere", LFS, lambda handler, _: handler.answer(302))
    for label, outcome, place in (("loop", AWAY, "{self}"), ("file", AWAY, "file:///etc"), ("private", ADDRESS, "http://10.255.255.1/x"),
                                  ("away", ADDRESS, "http://{other}/public/good.git/info/lfs/objects/batch")):
        yield f"batch-to-{label}", outcome, holding(), Server(batch=redirect(307, place)), {}
    yield "batch-to-away-302", ADDRESS, holding(), Server(batch=redirect(302, "http://{other}/public/steal")), {}
    yield "batch-303", LFS, holding(), Server(batch=redirect(303, "http://{other}/public/steal")), {}


def configs(canary, placed):
    one = lambda label, outcome, text, holds=(), **more: (label, outcome, holding(config=placed(text), **more), Server(), dict(holds))
    url = lambda label, outcome, text, holds=(): one("url-" + label, outcome, b'[lfs]\n\turl = "' + text + b'"\n', holds)
    good = {"a.bin": CONTENT.decode()}
    yield url("home", "ok", b"http://{home}/lfs-good.git/info/lfs", good)
    yield url("home-slash", "ok", b"http://{home}/lfs-good.git/info/lfs///", good)
    yield url("other-public", DENIED, b"http://{other}/public/lfs-good.git/info/lfs")  # its objects are at home, which gets no password
    yield url("other-all", "ok", b"http://{other}/public/lfs-elsewhere.git/info/lfs", good)
    yield url("other-asks", DENIED, b"http://{other}/lfs-good.git/info/lfs")
    yield url("other-name", DENIED, b"http://localhost:{home_port}/lfs-good.git/info/lfs")
    yield url("other-port", ADDRESS, b"http://[::1]:{home_port}/lfs-good.git/info/lfs")
    yield url("private", ADDRESS, b"http://10.255.255.1/lfs")
    yield url("metadata", ADDRESS, b"http://169.254.169.254/lfs")
    yield url("ssh-elsewhere", LFS, b"ssh://git@{other}/lfs.git")
    yield url("scp-elsewhere", LFS, b"git@example.com:lfs.git")
    yield url("empty", "ok", b"", good)
    for label, text in {"ext": b"ext::sh -c touch% canary/evil", "file": b"file://" + canary, "path": canary, "relative": b"../lfs", "git": b"git://{other}/lfs",
                        "option": b"--upload-pack=evil", "proxy-command": b"ssh://-oProxyCommand=touch/x", "user": b"http://user:marked-token@{other}/lfs",
                        "lines": b"http://{other}/lfs\\nHost: evil", "blank": b"http://{other}/a b"}.items():
        yield url(label, LFS, text)
    yield one("config-garbage", REFUSED, b"[lfs\n\0\xff")
    yield one("config-huge", LIMIT, b"# long\n" * 400_000)
    yield one("config-include", "ok", b"[include]\n\tpath = %s/kept\n" % canary, good)
    yield "config-link", REFUSED, holding(file(b".lfsconfig", b"file", LINK)), Server(), {}
    agent = b'[lfs]\n\tstandalonetransferagent = evil\n[lfs "customtransfer.evil"]\n\tpath = touch\n\targs = %s/agent\n\tconcurrent = false\n' % canary
    yield one("config-agent", "ok", agent, good)
    yield one("config-extension", "ok", b'[lfs "extension.evil"]\n\tclean = touch %s/clean\n\tsmudge = touch %s/smudge\n\tpriority = 0\n' % (canary, canary), good)
    filters = b'[filter "lfs"]\n\tsmudge = touch %s/smudge\n\tprocess = touch %s/process\n\trequired = true\n[core]\n\thooksPath = hooks\n' % (canary, canary)
    yield one("config-filters", "ok", filters, good)
    yield one("config-remote", "ok", b'[remote "origin"]\n\tlfsurl = http://{other}/lfs\n[lfs "http://{other}/"]\n\taccess = basic\n', good)
    yield one("config-proxy", "ok", b"[http]\n\tproxy = http://{other}/\n\tsslVerify = false\n\textraHeader = X-Evil: 1\n", good)
    yield one("config-skip", "ok", b"[lfs]\n\tfetchexclude = *\n\tskipdownloaderrors = true\n", good)
    yield "config-without-pointers", "ok", holding(text=None, config=b"[lfs\n"), Server(()), {}
    hook = lambda o: (TREE, b"hooks", o.tree((PROGRAM, b"post-checkout", o.blob(b"#!/bin/sh\ntouch %s/hook\n" % canary))))
    yield "hooks-beside", "ok", holding(hook, file(b".gitconfig", filters)), Server(), good


def modules(canary, placed):
    inner = holding()
    for label, outcome, url in (("home", "ok", b"../lfs-inner.git"), ("other", "ok", b"http://{other}/public/lfs-inner-open.git"),
                                ("other-config-home", "AuthenticationFailed source", b"http://{other}/public/lfs-inner-pointing-home.git")):
        what = {b"../lfs-inner.git": inner, b"http://{other}/public/lfs-inner-open.git": inner}.get(url) or pointing_home(placed)
        text = placed(b'[submodule "sub"]\n\tpath = sub\n\turl = "%s"\n' % url)
        holds = {"sub/a.bin": CONTENT.decode(), "a.bin": CONTENT.decode()} if outcome == "ok" else {}
        yield "module-" + label, outcome, holding(file(b".gitmodules", text), lambda o, w=what: (GITLINK, b"sub", w.head)), Server(), holds
    yield "inner", "ok", inner, Server(), {}
    yield "inner-open", "ok", inner, Server(store="http://{other}/public/store"), {}
    yield "inner-pointing-home", "ok", pointing_home(placed), Server(), {"a.bin": CONTENT.decode()}
    big = holding(text=pointer(b"big", 5 << 20))
    text = b'[submodule "sub"]\n\tpath = sub\n\turl = ../lfs-inner-big.git\n'
    yield "inner-big", GONE, big, Server(()), {}
    yield "module-sizes-add-up", LIMIT, holding(file(b".gitmodules", text), file(b"five", bytes(5 << 20)), lambda o: (GITLINK, b"sub", big.head)), Server(), {}


def pointing_home(placed):
    return holding(config=placed(b"[lfs]\n\turl = http://{home}/lfs-good.git/info/lfs\n"))


def all_lfs(canary, placed):
    """(name, outcome, repository, server, what it holds)"""
    for group in (pointers(canary), answers(canary), transfers(canary), configs(canary, placed), modules(canary, placed)):
        for label, *rest in group:
            yield ("lfs-" + label, *rest)
    yield "lfs-elsewhere", "ok", holding(), Server(store="http://{other}/public/store"), {"a.bin": CONTENT.decode()}


def answer_batch(handler, case, body):
    asked = json.loads(body)
    if handler.headers.get("Accept") != "application/vnd.git-lfs+json" or asked["operation"] != "download":
        return handler.answer(406)
    objects = []
    for one in asked["objects"]:
        if one["oid"] in case.lfs.contents:
            href = handler.placed(f"{case.lfs.store}/{case.name}/{one['oid']}")
            objects.append({"oid": one["oid"], "size": one["size"], "actions": {"download": {"href": href}}})
        else:
            objects.append({"oid": one["oid"], "size": one["size"], "error": {"code": 404, "message": "no such object"}})
    answer = {"transfer": "basic", "objects": objects, "hash_algo": "sha256"}
    send(handler, case.lfs.batch(handler, answer) if case.lfs.batch else json.dumps(answer).encode(), "application/vnd.git-lfs+json")


def answer_download(handler, case, name, spoiled):
    content = case.lfs.contents.get(name)
    if content is None:
        return handler.answer(404)
    send(handler, case.lfs.download(handler, content) if spoiled and case.lfs.download else content, "application/octet-stream")


def send(handler, what, kind):
    if isinstance(what, bytes):
        handler.answer(200, what, kind)
