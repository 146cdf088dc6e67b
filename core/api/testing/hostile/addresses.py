"""Hosts, path prefixes and ports."""
import re

from hostile.lines import ASCII, STRANGE, accept, add, inserted, not_text, refuse

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
