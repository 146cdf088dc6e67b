"""What an application is called and run with: names, variables, commands."""
import re

from hostile.lines import ASCII, STRANGE, accept, add, inserted, not_text, refuse

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


# ---- what runs ----

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
