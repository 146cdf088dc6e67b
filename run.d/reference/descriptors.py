"""What the `.proto` files say, with their comments: services, messages and enums as plain values.

Read from what protoc prints of a FileDescriptorSet, so that nothing but protoc is needed.
"""
import os
import re
import subprocess
from dataclasses import dataclass, field

TOKEN = re.compile(r'\s*(?:([A-Za-z_][\w.]*|\[[\w./]+\])\s*(:?)|("(?:\\.|[^"\\])*")|(-?[\w.+]+)|([{}]))')
POLICY = "[neoshowcase.policy.v1.policy]"


@dataclass
class Field:
    name: str
    type: str  # "string", or the full name of a message or enum
    repeated: bool
    optional: bool
    oneof: str
    comment: str


@dataclass
class Message:
    name: str  # "neoshowcase.protobuf.Application.ContainerState"
    comment: str
    fields: list = field(default_factory=list)


@dataclass
class Enum:
    name: str
    comment: str
    values: list = field(default_factory=list)  # (name, number, comment)


@dataclass
class Method:
    name: str
    comment: str
    request: str
    answer: str
    streams: bool
    pure: bool  # without side effects
    policy: dict


@dataclass
class Service:
    name: str
    comment: str
    methods: list = field(default_factory=list)


@dataclass
class Definitions:
    services: list = field(default_factory=list)
    messages: dict = field(default_factory=dict)
    enums: dict = field(default_factory=dict)


def parse(text):
    """Protobuf's text form as {name: [values]}, where a value is a text or such a dict."""
    stack, at, key = [{}], 0, None
    while True:
        found = TOKEN.match(text, at)
        if not found:
            assert not text[at:].strip(), f"cannot read {text[at:at + 60]!r}"
            return stack[0]
        at = found.end()
        name, colon, quoted, bare, brace = found.groups()
        if brace == "{":
            stack[-1].setdefault(key, []).append({})
            stack.append(stack[-1][key][-1])
        elif brace:
            stack.pop()
        elif name and (colon or text[at:at + 2].lstrip().startswith("{")):
            key = name
        else:
            stack[-1].setdefault(key, []).append(unquoted(quoted) if quoted else name or bare)


def unquoted(text):
    return re.sub(rb"\\(\d{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else {b"n": b"\n", b"t": b"\t"}.get(m[1], m[1]),
                  text[1:-1].encode()).decode()


def one(node, name, otherwise=""):
    return node.get(name, [otherwise])[0]


def comments(file):
    """Path in the file -> the comment before it, or behind it on its line."""
    found = {}
    for place in one(file, "source_code_info", {}).get("location", []):
        text = one(place, "leading_comments") or one(place, "trailing_comments")
        if text:
            found[tuple(int(step) for step in place.get("path", []))] = "\n".join(line.strip() for line in text.strip().split("\n"))
    return found


def read_field(node, oneofs, comment):
    kind = one(node, "type_name").lstrip(".") or one(node, "type").removeprefix("TYPE_").lower()
    optional = one(node, "proto3_optional") == "true"
    oneof = oneofs[int(one(node, "oneof_index"))] if "oneof_index" in node and not optional else ""
    return Field(one(node, "name"), kind, one(node, "label") == "LABEL_REPEATED", optional, oneof, comment)


def read_enum(node, prefix, path, said, out):
    made = Enum(f"{prefix}.{one(node, 'name')}", said.get(path, ""))
    for i, value in enumerate(node.get("value", [])):
        made.values.append((one(value, "name"), int(one(value, "number", "0")), said.get((*path, 2, i), "")))
    out.enums[made.name] = made


def read_message(node, prefix, path, said, out):
    made = Message(f"{prefix}.{one(node, 'name')}", said.get(path, ""))
    oneofs = [one(oneof, "name") for oneof in node.get("oneof_decl", [])]
    made.fields = [read_field(f, oneofs, said.get((*path, 2, i), "")) for i, f in enumerate(node.get("field", []))]
    out.messages[made.name] = made
    for i, inner in enumerate(node.get("nested_type", [])):
        read_message(inner, made.name, (*path, 3, i), said, out)
    for i, inner in enumerate(node.get("enum_type", [])):
        read_enum(inner, made.name, (*path, 4, i), said, out)


def read_service(node, package, path, said, out):
    made = Service(f"{package}.{one(node, 'name')}", said.get(path, ""))
    for i, method in enumerate(node.get("method", [])):
        options = one(method, "options", {})
        made.methods.append(Method(
            one(method, "name"), said.get((*path, 2, i), ""), one(method, "input_type").lstrip("."), one(method, "output_type").lstrip("."),
            one(method, "server_streaming") == "true", one(options, "idempotency_level") == "NO_SIDE_EFFECTS",
            {key: values[0] for key, values in one(options, POLICY, {}).items()}))
    out.services.append(made)


def read(protos):
    """The definitions of every file below `protos` but those of the link between hosts."""
    files = sorted(os.path.relpath(os.path.join(folder, name), protos) for folder, _, names in os.walk(protos) for name in names
                   if name.endswith(".proto") and "/link/" not in folder + "/")
    made = subprocess.run(["protoc", "-I", protos, "--include_source_info", "--descriptor_set_out=/dev/stdout", *files], check=True,
                          stdout=subprocess.PIPE)
    shown = subprocess.run(["protoc", "-I", protos, "--decode=google.protobuf.FileDescriptorSet", "google/protobuf/descriptor.proto",
                            "neoshowcase/policy/v1/policy.proto"], input=made.stdout, check=True, stdout=subprocess.PIPE)
    out = Definitions()
    for file in parse(shown.stdout.decode()).get("file", []):
        package, said = one(file, "package"), comments(file)
        for i, node in enumerate(file.get("message_type", [])):
            read_message(node, package, (4, i), said, out)
        for i, node in enumerate(file.get("enum_type", [])):
            read_enum(node, package, (5, i), said, out)
        for i, node in enumerate(file.get("service", [])):
            read_service(node, package, (6, i), said, out)
    out.services.sort(key=lambda service: (not service.name.endswith(".APIService"), not service.name.endswith(".PlatformService"), service.name))
    return out
