"""Writes hostile_values.txt: values that people and attackers send, and what is to become of each.

usage: make_hostile_values.py [--check] FILE    with --check: is it what would be written?

The rules are those that users may rely on, written here a second time, with Python's own tools. A line has four columns, tab between them:
kind, verdict, expectation, value.

  refuse     invalid_argument that names the kind's field; the description holds the expectation ("*": whatever it says)
  malformed  invalid_argument without a field: the bytes are no text
  ok         accepted and kept as the expectation ("=": as it was sent)

In values "\\xNN" is a byte, "\\\\" a backslash, "\\{N:c}" the character c N times.
"""
import base64
import re
import struct
import sys

LINES, SEEN = [], set()


def token(data, inner):
    return "".join("\\\\" if b == 0x5C else chr(b) if 0x20 < b < 0x7F or (b == 0x20 and inner) else f"\\x{b:02x}" for b in data)


def shown(value):
    parts = [bytes([b]) for b in value] if isinstance(value, bytes) else [c.encode() for c in value]
    out, i = [], 0
    while i < len(parts):
        run = 1
        while i + run < len(parts) and parts[i + run] == parts[i]:
            run += 1
        run = run if run > 20 else 1
        one = token(parts[i], 0 < i < len(parts) - 1)
        out.append("\\{%d:%s}" % (run, one) if run > 1 else one)
        i += run
    return "".join(out)


def add(kind, verdict, expectation, value):
    line = "\t".join((kind, verdict, expectation, shown(value)))
    key = (kind, shown(value))
    if key in SEEN:
        return
    SEEN.add(key)
    LINES.append(line)


def refuse(kind, rule, *values):
    for value in values:
        add(kind, "refuse", rule, value)


def accept(kind, *values):
    for value in values:
        add(kind, "ok", "=", value)


def inserted(good, at, what):
    return good[:at] + what + good[at:]


ASCII = [chr(c) for c in range(1, 128)]
# Letters that look like others, vanish, turn the direction, fold to several, or are cut by careless programs.
STRANGE = list("àßİıſΑаѕ。．｡·ａＡ１／＼：－﹒") + ["\u00ad", "\u200b", "\u200d", "\u202e", "\u2028", "\u2066", "\ufeff", "\ufffd", "e\u0301", "\U0001d41a",
                                                  "\U0001f600", "\U000e0041"]
NOT_TEXT = [b"\x80", b"\xff", b"\xc0\xaf", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98"]


def not_text(kind, good, at):
    for bad in NOT_TEXT:
        for place in {0, at, len(good)}:
            add(kind, "malformed", "", good[:place].encode() + bad + good[place:].encode())
    for place in {0, at, len(good)}:
        add(kind, "refuse", "NUL", inserted(good, place, "\0"))


# What UTS #46 makes of these in a host; of the others, IDNA allows none.
MAPPED = {"à": "à", "ß": "ß", "İ": "i\u0307", "ı": "ı", "ſ": "s", "Α": "α", "а": "а", "ѕ": "ѕ", "。": ".", "．": ".", "｡": ".", "·": "·", "ａ": "a", "Ａ": "a", "１": "1",
          "／": "/", "＼": "\\", "：": ":", "－": "-", "\u00ad": "", "\u200b": "", "\ufeff": "", "e\u0301": "é", "\U0001d41a": "a"}


def a_label(label):
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()


def strange_host(c, at):
    host = inserted("shop.apps.test", at, c)
    to = MAPPED.get(c)
    if to is None or (to == "-" and at != 2):
        refuse("host", "IDNA", host)
    elif to in ("/", "\\", ":"):
        refuse("host", "labels of [a-z0-9-]", host)
    elif to == "." and at != 2:
        refuse("host", "no empty label", host)
    elif to and at == 14:
        refuse("host", "available domain", host)
    else:
        add("host", "ok", ".".join(map(a_label, inserted("shop.apps.test", at, to).split("."))), host)


# ---- hosts. The installation offers *.apps.test and plain.test ----

def hosts():
    letters, empty, edge = "labels of [a-z0-9-]", "no empty label", "begins or ends with"
    for c in ASCII:
        at_label = [(inserted("shop.apps.test", at, c), at) for at in (0, 2, 4, 9, 14)]
        for host, at in at_label:
            inside = at in (2,)
            if re.fullmatch("[a-z0-9]", c):
                add("host", "ok" if at in (0, 2, 4) else "refuse", "=" if at in (0, 2, 4) else "available domain", host)
            elif re.fullmatch("[A-Z]", c):
                add("host", "ok" if at in (0, 2, 4) else "refuse", host.lower() if at in (0, 2, 4) else "available domain", host)
            elif c in "-_":
                add("host", "ok" if inside else "refuse", "=" if inside else edge, host)
            elif c == ".":
                add("host", "ok" if inside else "refuse", "=" if inside else empty, host)
            else:
                add("host", "refuse", letters, host)
    for c in STRANGE:
        for at in (0, 2, 14):
            strange_host(c, at)
    refuse("host", "*", "", ".", "..", "...", "*", "*.", "*.apps.test", "shop.*.apps.test", "**.apps.test", "shop.apps.test:80", "shop.apps.test/", "/", "@",
           "http://shop.apps.test", "a@shop.apps.test", "[::1]", "::1", "[shop.apps.test]", "shop.apps.test#x", "shop.apps.test?x", "shop.apps.test\\", "%73hop.apps.test",
           "shop.apps.test\r\nHost: evil.test", "Host(`a`)", "`shop`.apps.test", "shop.apps.test`) || Host(`x", "{{.}}.apps.test", "${HOME}.apps.test", "$(id).apps.test",
           "shop;id.apps.test", "shop|id.apps.test", "shop&&id.apps.test", "<b>.apps.test", "shop.apps.test,evil.test", "shop.apps.test evil.test", "../apps.test")
    outside = "available domain"
    refuse("host", outside, "apps.test", "test", "localhost", "127.0.0.1", "0", "2130706433", "0x7f000001", "evil.test", "shop.plain.test", "shopapps.test", "shop.apps.test.evil.test",
           "apps.test.evil", "plain.tes", "plain.testt", "shop.apps", "com", "169.254.169.254", "a.b.c.d.e.f")
    accept("host", "plain.test", "a.apps.test", "0.apps.test", "a.b.c.d.apps.test", "apps.test.apps.test", "plain.test.apps.test", "127.0.0.1.apps.test", "a-b.apps.test", "a_b.apps.test",
           "a-_b.apps.test", "localhost.apps.test")
    add("host", "ok", "plain.test", "PLAIN.TEST")
    add("host", "ok", "shop.apps.test", "sHoP.aPPs.TeSt")
    for n in range(60, 68):
        host = "a" * n + ".apps.test"
        add("host", "ok" if n <= 63 else "refuse", "=" if n <= 63 else "at most 63", host)
    for n in range(246, 262):
        rest = n - len(".apps.test")
        host = ".".join(["a" * 60] * (rest // 61)) + "." + "b" * max(1, rest - 61 * (rest // 61)) + ".apps.test"
        add("host", "ok" if len(host) <= 253 else "refuse", "=" if len(host) <= 253 else "at most 253", host)
    refuse("host", "at most", "a" * 1000 + ".apps.test", "a" * 100000, ("a." * 130) + "apps.test")
    for word in ("bücher", "münchen", "例え", "テスト", "почта", "ελληνικά", "straße", "한국", "ไทย", "עברית"):
        accept("host", "xn--" + word.encode("punycode").decode() + ".apps.test")
        add("host", "ok", "xn--" + word.encode("punycode").decode() + ".apps.test", word + ".apps.test")
        add("host", "ok", "xn--" + word.encode("punycode").decode() + ".apps.test", word.upper().replace("STRASSE", "STRAßE") + "。Apps.Test")
    refuse("host", "IDNA", *(label + ".apps.test" for label in ("xn--99999999", "ab--c", "00--0", "aa--bb--cc", "xx--nxasmq6b")))
    # A-labels of what IDNA does not allow: a picture, upper case, a mark without a letter, two directions in one label, a direction override.
    refuse("host", "IDNA", *("xn--" + word.encode("punycode").decode() + ".apps.test" for word in ("💩", "BÜCHER", "\u0301a", "אa", "a\u202eb", "ａ")))
    refuse("host", "IDNA", "💩.apps.test", "é é.apps.test", "-é.apps.test", "é-.apps.test", "\u0301a.apps.test", "אa.apps.test", "ab--é.apps.test", "é" * 60 + ".apps.test")
    refuse("host", "at most 253", ".".join(["é" * 20] * 20) + ".apps.test")
    refuse("host", outside, "é.plain.test", "例え.テスト", "é")
    refuse("host", "*", "xn--.apps.test", "xn---.apps.test", "xn--a-.apps.test")
    not_text("host", "shop.apps.test", 4)


# ---- path prefixes ----

UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def canonical_path(path):
    def decode(match):
        char = chr(int(match.group(1), 16))
        return char if UNRESERVED.fullmatch(char) else match.group().upper()
    return re.sub("%([0-9A-Fa-f]{2})", decode, path)


def path_rule(path):
    """What the path breaks, or None."""
    if not path.startswith("/"):
        return "start with"
    if len(path.encode()) > 1024:
        return "at most 1024"
    if path == "/":
        return None
    if path.endswith("/"):
        return "not end in"
    if re.search("%(?![0-9A-Fa-f]{2})", path):
        return "two hex digits"
    if not re.fullmatch("(?:/|%[0-9A-Fa-f]{2}|[A-Za-z0-9._~-])*", path):
        return "unreserved characters"
    if any(part in ("", ".", "..") for part in canonical_path(path)[1:].split("/")):
        return "segment"
    return None


def path(value, exact=True):
    if value == "":
        return add("path", "ok", "/", value)
    rule = path_rule(value)
    if rule is not None:
        add("path", "refuse", rule if exact else "*", value)
    else:
        canonical = canonical_path(value)
        add("path", "ok", "=" if canonical == value else canonical, value)


def paths():
    for c in ASCII:
        for at in (0, 1, 2, 4, 5, 8):
            path(inserted("/api/v2x", at, c), exact=c != "%" and not (at == 8 and c == "/"))
    for c in STRANGE:
        for at in (0, 2, 8):
            path(inserted("/api/v2x", at, c))
    for byte in range(256):
        path("/a%%%02x" % byte)
        path("/a%%%02Xb" % byte)
    for value in ("", "/", "//", "///", "/.", "/..", "/./", "/../", "/a/.", "/a/..", "/a/./b", "/a/../b", "/...", "/.a", "/a.", "/..a", "/a..", "/%2e", "/%2E", "/%2e%2e", "/.%2e",
                  "/%2E.", "/a/%2e%2e/b", "/%2e%2e%2f", "/%2f", "/%5c..", "/%00", "/%0d%0a", "/%25", "/%252e", "/%", "/%a", "/%zz", "/%u0041", "/%%", "/a%2", "/a%2g", "/+", "/a b",
                  "/a?b", "/a#b", "/a;b", "/a:b", "/a@b", "/a=b", "/a&b", "/a,b", "/a$b", "/a!b", "/a*b", "/(a)", "/'a'", "/\"a\"", "/<a>", "/[a]", "/{a}", "/{a:[a-z]+}", "/`a`", "/|a",
                  "/a\\b", "/a^b", "a", "api", "./a", "../a", "http://x/a", "\\a", "/a//b", "/a/b/", "/~a", "/-a", "/_a", "/%7Ea", "/%61pi", "/%41PI", "/api/%76%32"):
        path(value)
    for n in (1000, 1022, 1023, 1024, 1025, 1026, 4096, 100000):
        path("/" + "a" * (n - 1))
    not_text("path", "/api/v2x", 4)


# ---- numbers ----

def ports():
    edges = (-2147483648, -65536, -65535, -81, -80, -1, 65536, 65537, 65616, 70000, 131072, 1 << 20, 2147483647)
    for n in edges:
        refuse("http_port", "1 to 65535", str(n))
        refuse("application_port", "1 to 65535", str(n))
    for n in (1, 2, 79, 80, 443, 1023, 1024, 8080, 49152, 65534, 65535):
        accept("http_port", str(n))
        accept("application_port", str(n))
    add("http_port", "ok", "80", "0")
    refuse("application_port", "1 to 65535", "0")
    for n in edges + (0, 1, 22, 80, 443, 5432, 8080, 8999, 9011, 9012, 19000, 65535):
        refuse("internet_port", "available range", str(n))
        refuse("udp_port", "available range", str(n))
    for n in range(9000, 9011):
        accept("internet_port", str(n))
        refuse("udp_port", "there is none", str(n))


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


# ---- names ----

def names():
    for kind in ("name", "repository_name"):
        for c in ASCII:
            for at in (0, 2, 4):
                control = ord(c) < 0x20 or ord(c) == 0x7F
                add(kind, "refuse" if control else "ok", "control characters" if control else "=", inserted("shop", at, c))
        for point in range(0x80, 0xA0):
            refuse(kind, "control characters", "sh" + chr(point) + "op")
        for c in STRANGE:
            accept(kind, inserted("shop", 2, c))
        for n in (1, 2, 50, 99, 100, 101, 102, 200, 1000, 100000):
            for c in ("a", "é", "日", "\U0001f600"):
                add(kind, "ok" if n <= 100 else "refuse", "=" if n <= 100 else "1 to 100 characters", c * n)
        refuse(kind, "1 to 100 characters", "", " ", "  ", " " * 100, " " * 101)
        accept(kind, "-", "--help", "../x", "/", "a/b", "<script>", "'; DROP TABLE applications; --", "$(id)", "`id`", "{{7*7}}", "%s%n", "null", "0", "a\\b", "\"", "=cmd|' /C calc'!A0")
        not_text(kind, "shop", 2)


# ---- variables ----

def env():
    for c in ASCII:
        for at in (0, 1, 3):
            key = inserted("KEY", at, c)
            good = re.fullmatch("[A-Z_][A-Z0-9_]*", key)
            add("env_key", "ok" if good else "refuse", "=" if good else "must match", key)
    for c in STRANGE:
        refuse("env_key", "must match", *(inserted("KEY", at, c) for at in (0, 3)))
    for n in (1, 99, 100, 101, 102, 1000, 100000):
        add("env_key", "ok" if n <= 100 else "refuse", "=" if n <= 100 else "at most 100", "K" * n)
    refuse("env_key", "must match", "", " ", "KEY ", " KEY", "KEY=", "=KEY", "KEY=VALUE", "key", "Key", "1KEY", "KEY-A", "KEY.A", "KEY\n", "KEY\nOTHER", "$KEY", "${KEY}", "%KEY%")
    accept("env_key", "_", "__", "PATH", "LD_PRELOAD", "A1", "_1", "HTTP_PROXY")
    not_text("env_key", "KEY", 1)
    for c in ASCII:
        accept("env_value", c, "a" + c, c + "a")
    for c in STRANGE:
        accept("env_value", c)
    for n in (0, 1, 1000, 65535, 65536, 65537, 70000, 1000000):
        add("env_value", "ok" if n <= 65536 else "refuse", "=" if n <= 65536 else "at most 65536", "v" * n)
    add("env_value", "refuse", "at most 65536", "é" * 32769)
    accept("env_value", "é" * 32768, "$(id)", "`id`", "${PATH}", "a\r\nb", "\x1b[31m", "'\"\\", "=", "KEY=VALUE", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n")
    not_text("env_value", "value", 2)


# ---- keys of hosts and of people: one line of OpenSSH ----

def blob(*fields):
    return b"".join(struct.pack(">I", len(field)) + field for field in fields)


def line(kind, data):
    return kind + " " + base64.b64encode(data).decode()


def rsa(bits, exponent=b"\x01\x00\x01"):
    modulus = ((1 << (bits - 1)) + 1).to_bytes(bits // 8 + 1, "big")
    return line("ssh-rsa", blob(b"ssh-rsa", exponent, modulus.lstrip(b"\0") if modulus[0] == 0 and modulus[1] < 0x80 else modulus))


def ecdsa(curve, size, first=b"\x04"):
    kind = "ecdsa-sha2-" + curve
    return line(kind, blob(kind.encode(), curve.encode(), first + b"p" * (2 * size)))


def security_key(kind, *fields, application=b"ssh:"):
    return line(kind, blob(kind.encode(), *fields, application))


def ssh_keys(of):
    """Lines that take one key: of hosts, or of people, who may also have security keys."""
    data = blob(b"ssh-ed25519", bytes(range(32)))
    good = line("ssh-ed25519", data)
    kind, text = good.split()
    accept(of, good, rsa(2048), rsa(3072), rsa(4096), ecdsa("nistp256", 32), ecdsa("nistp384", 48), ecdsa("nistp521", 66))
    for comment in ("root@git.example.com", "a  b", "é", "ssh-rsa AAAA", ""):
        add(of, "ok", good, good + " " + comment)
    for c in ASCII:
        control = ord(c) < 0x20 or c == "\x7f"
        for at in (0, 4, len(kind)):
            value = inserted(good, at, c)
            refuse(of, "one line without control" if control else "in base64" if at == len(kind) and c == " " else "must begin with one of", value)
        refuse(of, "one line without control" if control else "*", good[:20] + c + good[21:] if c != good[20] else good[:20] + "!" + good[21:])
        if control:
            refuse(of, "one line without control", good + c, good + " a" + c + "b")
    for c in STRANGE:
        refuse(of, "must begin with one of", c + good)
        refuse(of, "in base64", inserted(good, len(kind) + 5, c))
    refuse(of, "must begin with one of", "", " ", text, "git.example.com " + good, "[git.example.com]:22 " + good, "*,git " + good, "|1|a=|b= " + good,
           "@cert-authority * " + good, "@revoked * " + good, "# " + good, "from=\"*\" " + good, "SSH-ED25519 " + text, "ssh-dss " + text, "ssh-ed25519-cert-v01@openssh.com " + text,
           "ecdsa-sha2-nistp224 " + text, "rsa-sha2-512 " + text, "x509v3-ssh-rsa " + text, "SHA256:I2uPmBOJYt2wD4JAPKsSaYxhrKgvEpHCGiBMi5Ep6lE")
    for secure in (security_key("sk-ssh-ed25519@openssh.com", bytes(32)), security_key("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\x04" + b"p" * 64)):
        add(of, "refuse" if of == "host_key" else "ok", "must begin with one of" if of == "host_key" else "=", secure)
    refuse(of, "in base64", kind, kind + " ", kind + "  " + text, kind + " !!!!", good + "=", good[:-1], kind + " " + text[:20] + "-" + text[21:], kind + " ====")
    refuse(of, "differ", kind + " AAAA", "ssh-rsa " + text, "ecdsa-sha2-nistp256 " + text, line(kind, data[4:]), line(kind, b"\xff\xff\xff\xff" + data[4:]), line(kind, blob(b"")),
           line("ecdsa-sha2-nistp256", blob(b"ecdsa-sha2-nistp384", b"nistp256", b"\x04" + b"p" * 64)))
    refuse(of, "bytes behind the key", line(kind, data + b"x"), line(kind, data + data))
    for size in (0, 1, 31, 33, 64):
        refuse(of, "32 bytes", line(kind, blob(b"ssh-ed25519", b"k" * size)))
    for bits in (512, 1024, 2040, 16392):
        refuse(of, "2048 to 16384 bits", rsa(bits))
    refuse(of, "RSA key", rsa(2048, b"\x00\x01\x00\x01"), rsa(2048, b""), rsa(2048, b"\x01"), rsa(2048, b"\x02"), rsa(2048, b"\x7f" * 9))
    refuse(of, "no point", ecdsa("nistp256", 31), ecdsa("nistp256", 33), ecdsa("nistp256", 32, b"\x02"), ecdsa("nistp384", 32), ecdsa("nistp521", 65), ecdsa("nistp256", 0))
    refuse(of, "at most 8192", good + " " + "c" * 9000, "ssh-rsa " + "A" * 8200, "a" * 100000)
    refuse(of, "at most 1024", good + " " + "c" * 1025)
    not_text(of, good, 20)


def keys():
    ssh_keys("host_key")
    ssh_keys("user_key")
    for application in (b"", b"ss", b"SSH:", b"https://a.test", b"ssh:" + b"a" * 252):
        refuse("user_key", "begins with", security_key("sk-ssh-ed25519@openssh.com", bytes(32), application=application))
    accept("user_key", security_key("sk-ssh-ed25519@openssh.com", bytes(32), application=b"ssh:work"))


# ---- paths inside the source, and what runs ----

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


def open_quote(text):
    """The quote of a shell's words that nothing closes, or None."""
    rest = re.sub(r"""'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^'"\\]""", "", text, flags=re.DOTALL)
    return rest[0] if rest and rest[0] in "'\"" else None


def words(kind, value):
    if len(value.encode()) > 65536:
        return refuse(kind, "at most 65536", value)
    if re.search(r"[\x00-\x08\x0b-\x1f]", value):
        return refuse(kind, "control character", value)
    if open_quote(value):
        return refuse(kind, "is not closed", value)
    return accept(kind, value)


def commands():
    for kind in ("entrypoint", "command"):
        for c in ASCII:
            for at in (0, 2, 5):
                words(kind, inserted("serve", at, c))
        for c in STRANGE:
            words(kind, inserted("serve", 2, c))
        for value in ("", " ", "  ", "\t", "\n", "a b", "a\tb", "a\nb", "--help", "./serve --port 80", "sh -c 'a b'", "sh -c \"a b\"", "sh -c 'a", "sh -c \"a", "a'b'c\"d\"", "'\"'", "\"'\"", "'\"", "\"'",
                      "''", "\"\"", "'" * 3, "\"\"\"", "\\'", "\\\"", "\\\\'", "'\\'", "'\\''", "\"\\\"", "\"\\\"\"", "\"\\\\\"", "a\\", "\\", "$(id)", "`id`", "`", "$HOME", "${HOME}", "a && b", "a || b",
                      "a; b", "a | b", "a > b", "a < b", "a & b", "(a)", "{a}", "[a]", "a*", "a?", "~", "#a", "a=b", "!a", "\x1b[31m", "\r", "{{a}}", "%s", "null"):
            words(kind, value)
        for n in (1, 1000, 65535, 65536, 65537, 100000):
            words(kind, "a" * n)
        words(kind, "é" * 32768)
        words(kind, "é" * 32769)
        words(kind, "'" * 1000)
        words(kind, "'" * 1001)
        not_text(kind, "serve", 2)


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
