"""The lines of hostile_values.txt as they are added, and characters and bytes that every kind is tried with."""
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
