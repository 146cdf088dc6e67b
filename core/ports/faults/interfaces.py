"""Reads the interfaces out of the headers of core/ports.

It understands the form in which these headers are written and nothing else: a class with virtual methods has a virtual
destructor and pure virtual methods, each `virtual TYPE NAME(PARAMETERS) [const] = 0;`, and may have methods with a body
that are not virtual, which call the others. Anything else in such a class ends the run with file and line, so that no
method is left out unseen.
"""
import re
from dataclasses import dataclass

OPENING, CLOSING = "([{<", ")]}>"
METHOD = re.compile(r"virtual\s+(?P<returns>.+?)\s*\b(?P<name>\w+)\s*\((?P<parameters>.*)\)\s*(?P<const>const)?\s*=\s*0", re.S)
WITH_BODY = re.compile(r"(?!.*\bvirtual\b)[^={}]*\)\s*(const\s*)?\{.*\}", re.S)
# A default value is the interface's: callers go through that.
PARAMETER = re.compile(r"(?P<type>.+?[\s&*>])(?P<name>\w+)(?P<default>\s*=\s*[\w:{}]+)?", re.S)


class NotUnderstood(Exception):
    pass


@dataclass(frozen=True)
class Parameter:
    type: str
    name: str

    @property
    def passed(self):
        """The argument as the decorator hands it on."""
        return self.name if self.type.endswith(("&", "*")) else f"std::move({self.name})"


@dataclass(frozen=True)
class Method:
    returns: str
    name: str
    parameters: tuple
    const: bool

    @property
    def can_fail(self):
        return self.returns == "Status" or self.returns.startswith("Result<")


@dataclass(frozen=True)
class Interface:
    name: str
    methods: tuple


@dataclass(frozen=True)
class Bundle:
    """A struct of references to interfaces, such as Store."""
    name: str
    members: tuple  # (interface, member)


class Header:
    def __init__(self, name, text):
        self.name = name
        # Comments become blanks, so that positions still tell lines.
        self.text = re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)

    def fail(self, at, why):
        raise NotUnderstood(f"{self.name}:{self.text.count(chr(10), 0, at) + 1}: {why}")

    def interfaces(self):
        """Every class with virtual methods, in the order of the file."""
        found = []
        for match in re.finditer(r"\b(class|struct)\s+(\w+)\s*(final\b\s*)?([:{])", self.text):
            if re.search(r"enum\s+$", self.text[:match.start()]):
                continue
            start = self.text.index("{", match.start())
            body = self.text[start + 1:self.end_of_block(start)]
            if not re.search(r"\bvirtual\b|\boverride\b", body):
                continue
            if match.group(1) != "class" or match.group(4) == ":" or match.group(3):
                self.fail(match.start(), f"the interface {match.group(2)} must be a class without bases")
            found.append(Interface(match.group(2), tuple(self.methods(match.group(2), start + 1, body))))
        return found

    def bundles(self, interfaces):
        """Every struct that holds nothing but references to `interfaces`."""
        found = []
        for match in re.finditer(r"\bstruct\s+(\w+)\s*\{([^{}]*)\}\s*;", self.text):
            members = [m.strip() for m in match.group(2).split(";") if m.strip()]
            parts = [re.fullmatch(r"(\w+)\s*&\s*(\w+)", m) for m in members]
            if not any(p and p.group(1) in interfaces for p in parts):
                continue
            if not all(p and p.group(1) in interfaces for p in parts):
                self.fail(match.start(), f"{match.group(1)} refers to interfaces and holds something else too")
            found.append(Bundle(match.group(1), tuple((p.group(1), p.group(2)) for p in parts)))
        return found

    def end_of_block(self, start):
        depth = 0
        for at in range(start, len(self.text)):
            depth += {"{": 1, "}": -1}.get(self.text[at], 0)
            if depth == 0:
                return at
        self.fail(start, "a block does not end")

    def methods(self, interface, start, body):
        seen = set()
        for at, statement in statements(body):
            words = re.sub(r"^public\s*:\s*", "", statement.strip())
            if not words or WITH_BODY.fullmatch(words) or re.fullmatch(rf"virtual\s+~{interface}\(\)\s*=\s*default", words):
                continue
            method = self.method(start + at, words)
            if method.name in seen:
                self.fail(start + at, f"{interface}.{method.name} is overloaded: its points would have one name")
            seen.add(method.name)
            yield method

    def method(self, at, words):
        match = METHOD.fullmatch(words)
        if not match:
            self.fail(at, f"not understood in an interface: {' '.join(words.split())}")
        returns = " ".join(match.group("returns").split())
        parameters = tuple(self.parameter(at, p) for p in split(match.group("parameters")))
        method = Method(returns, match.group("name"), parameters, bool(match.group("const")))
        if not method.can_fail and not method.const and returns != "void":
            self.fail(at, f"{method.name} is neither const nor gives a Status or a Result: it cannot fail at a port")
        return method

    def parameter(self, at, words):
        match = PARAMETER.fullmatch(words)
        if not match or "&&" in words or "[" in words:
            self.fail(at, f"parameter not understood: {words}")
        return Parameter(" ".join(match.group("type").split()), match.group("name"))


def statements(body):
    """(position, text) of what ends with a semicolon, or with the brace of a body, at the outermost level."""
    start, depth = 0, 0
    for at, character in enumerate(body + ";"):
        depth += (character in "({[") - (character in ")}]")
        if depth == 0 and character in ";}":
            text = (body + ";")[start:at + 1].rstrip(";")
            yield start + len(text) - len(text.lstrip()), text
            start = at + 1


def split(parameters):
    """Parameters at the outermost commas."""
    found, depth, start = [], 0, 0
    for at, character in enumerate(parameters):
        depth += (character in OPENING) - (character in CLOSING)
        if character == "," and depth == 0:
            found.append(parameters[start:at])
            start = at + 1
    return [p.strip() for p in [*found, parameters[start:]] if p.strip()]
