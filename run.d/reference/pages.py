"""Pages of docs/api out of definitions and examples."""
import json
import re

import examples

HEAD = "<!-- Made by `./run docs` from core/proto and docs/api/examples. -->\n"
SOCKET = "/run/neoshowcase/api.sock"
CODES = {
    "canceled": "the caller has gone", "invalid_argument": "the request breaks a rule; the detail `google.rpc.BadRequest` names the fields",
    "deadline_exceeded": "the time that the caller gave is over", "not_found": "there is no such thing, or the caller may not know of it",
    "already_exists": "somebody has it", "permission_denied": "the caller may know of it, and not do this",
    "resource_exhausted": "too much or too often; the detail `google.rpc.RetryInfo` says when again, where that is known", "failed_precondition": "not in the state that it is in",
    "aborted": "somebody was faster: read again, decide again", "unimplemented": "this version does not offer it",
    "internal": "a defect, with an error id that is in the log of `nsd`", "unavailable": "try again later",
    "unauthenticated": "nothing says who calls",
}
ERROR = re.compile(r"`(" + "|".join(CODES) + r")`(?: \((`\w+`)\))?: ")
SEEN = {"REPOSITORY": "the repository", "APPLICATION": "the application", "BUILD": "the application of the build",
        "ARTIFACT": "the application of the artifact"}
OTHERS = "`not_found` where they may not know of it"


def split(comment):
    """(what it does, [(code, when)]) of a method's comment. An error is a code and a colon; errors come last."""
    found = list(ERROR.finditer(comment))
    ends = [one.start() for one in found[1:]] + [len(comment)]
    errors = [(one[1], " ".join(comment[one.end():end].split()).rstrip("; .") + (f" ({one[2]})" if one[2] else "") + ".")
              for one, end in zip(found, ends)]
    return (comment[:found[0].start()] if found else comment).strip(), errors


def first_sentence(text):
    flat = " ".join(text.split())
    return re.split(r"(?<=[.:])\s", flat, maxsplit=1)[0].rstrip(":.") + "."


def who(policy):
    """Who may call, in words, and what others hear."""
    action, thing, by = policy.get("action"), SEEN.get(policy.get("object"), ""), f"`{policy.get('id', '')}`"
    if action == "SEE":
        return f"who may see {thing} that {by} names; others hear `not_found`"
    if action == "USE":
        return (f"of a repository without credentials (`{policy['id']}`) everybody, else its owners and admins; others hear `permission_denied`, "
                f"or {OTHERS}")
    if action == "OWN":
        return f"owners of {thing} that {by} names, and admins; others hear `permission_denied`, or {OTHERS}"
    return {"ANY": "every known user", "ADMIN": "admins; others hear `permission_denied`"}.get(action, str(action))


def tokens(method):
    """What an API token must allow for the method, in words."""
    scope = method.policy.get("scope", "DEFAULT")
    if scope == "DEFAULT":
        scope = "READ" if method.pure and method.policy.get("action") != "ADMIN" else "FULL"
    limited = method.policy.get("limited_tokens") == "true" or "object" in method.policy
    return f"of scope {dict(READ='read', DEPLOY='deploy', FULL='admin')[scope]}" + ("" if limited else ", for all applications")


class Book:
    """Where everything stands: each message and enum on the page of the first service that leads to it."""

    def __init__(self, definitions, root):
        self.definitions, self.root, self.home = definitions, root, {}
        for service in definitions.services:
            for method in service.methods:
                for name in (method.request, method.answer):
                    self.settle(name, service.name)

    def settle(self, name, service):
        known = name in self.definitions.messages or name in self.definitions.enums
        if not known or name in self.home or name.startswith("google."):
            return
        self.home[name] = service
        for field in getattr(self.definitions.messages.get(name), "fields", []):
            self.settle(field.type, service)

    def link(self, name, page):
        """A type as it is written on the page of that service."""
        short = name.split(".")[-1]
        if name == "google.protobuf.Timestamp":
            return "time"
        if name == "google.protobuf.Empty":
            return "nothing"
        if name not in self.home or name in self.asked():
            return f"`{short}`"
        title = ".".join(part for part in name.split(".") if part[0].isupper())
        file = "" if self.home[name] == page else self.home[name].rsplit(".", 1)[-1] + ".md"
        return f"[{title}]({file}#{title.lower().replace('.', '')})"

    # -- pieces -------------------------------------------------------------------------------------------------------
    def fields(self, message, page):
        rows = ["| field | type | |", "|---|---|---|"]
        for field in message.fields:
            kind = self.link(field.type, page) if "." in field.type else field.type
            kind = "list of " + kind if field.repeated else kind
            notes = [f"one of `{field.oneof}`"] if field.oneof else ["may be absent"] if field.optional else []
            note = "; ".join([*notes, *([" ".join(field.comment.split())] if field.comment else [])])
            rows.append(f"| `{field.name}` | {kind} | {cell(note)} |")
        return "\n".join(rows) + "\n"

    def type_section(self, name, page):
        title = ".".join(part for part in name.split(".") if part[0].isupper())
        made = self.definitions.messages.get(name) or self.definitions.enums[name]
        out = [f"### {title}\n"]
        if made.comment:
            out.append(made.comment + "\n")
        if name in self.definitions.enums:
            out.append("| value | number | |\n|---|---|---|\n" + "".join(f"| `{v}` | {n} | {cell(c)} |\n" for v, n, c in made.values))
        elif made.fields:
            out.append(self.fields(made, page))
        return "\n".join(out)

    def method_section(self, service, method):
        text, errors = split(method.comment)
        out = [f"## {method.name}\n", text + "\n" if text else "",
               f"- **Who**: {who(method.policy)}. An API token needs to be {tokens(method)}.",
               "- **Side effects**: none" + ("." if method.streams else ", so it answers GET too.") if method.pure else "",
               f"- **Asks with**: {self.link(method.request, service.name)}.",
               "- **Answers with**: " + ("a stream of " if method.streams else "") + self.link(method.answer, service.name) + ".\n"]
        message = self.definitions.messages.get(method.request)
        if message and message.fields:
            out.append(self.fields(message, service.name))
        if errors:
            out.append("| error | when |\n|---|---|\n" + "".join(f"| `{code}` | {cell(when)} |\n" for code, when in errors))
        example = examples.load(self.root, service.name, method.name)
        if example:
            out.append(example_text(service, method, examples.shown(example)))
        return "\n".join(piece for piece in out if piece)

    # -- pages --------------------------------------------------------------------------------------------------------
    def page(self, service):
        name = service.name.rsplit(".", 1)[-1]
        out = [HEAD, f"# {name}\n", f"`{service.name}`. {service.comment}\n", "| method | |\n|---|---|\n" + "".join(
            f"| [{m.name}](#{m.name.lower()}) | {cell(first_sentence(split(m.comment)[0]))} |\n" for m in service.methods)]
        out += [self.method_section(service, method) for method in service.methods]
        mine = [n for n, home in self.home.items() if home == service.name and n not in self.asked()]
        if mine:
            out.append("## Messages\n")
            out += [self.type_section(n, service.name) for n in sorted(mine, key=lambda n: n.split(".")[-1])]
        return "\n".join(out).rstrip() + "\n"

    def asked(self):
        """Messages that only ask: their fields stand with each method."""
        inside = {field.type for message in self.definitions.messages.values() for field in message.fields}
        asked = {m.request for s in self.definitions.services for m in s.methods}
        return asked - inside - {m.answer for s in self.definitions.services for m in s.methods}

    def index(self):
        out = [HEAD, "# Reference of the API\n", INTRODUCTION, "| service | methods | |\n|---|---|---|"]
        for service in self.definitions.services:
            name = service.name.rsplit(".", 1)[-1]
            out.append(f"| [{name}]({name}.md) | {len(service.methods)} | {cell(service.comment)} |")
        out.append("\n## Errors\n\n| code | says |\n|---|---|")
        out += [f"| `{code}` | {meaning} |" for code, meaning in CODES.items()]
        return "\n".join(out) + "\n"

    def pages(self):
        """File name -> text."""
        return {"README.md": self.index(),
                **{service.name.rsplit(".", 1)[-1] + ".md": self.page(service) for service in self.definitions.services}}


INTRODUCTION = f"""Each page shows one service: every method with who may call it, its fields, its errors and an example. The examples are those that a test
sends to a real installation, with ids and times of one. [api.md](../api.md) tells how callers are known and how failures look.

Every unary method is a `POST` of JSON or binary protobuf; those without side effects answer `GET` too, with `?connect=v1&encoding=json&message=...`.
Streams, gRPC and gRPC-Web need a client, such as `buf curl`. In JSON, fields are written `likeThis` or `like_this`, what is 0, false or empty is left out, an
`int64` is a string, `bytes` are base64, and times are RFC 3339 in UTC. The examples speak to the Unix socket, where root is an admin; elsewhere the address,
and who calls, is the operator's choice.
"""


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def pretty(value):
    """JSON of few lines: what fits on one stays on one."""
    return "\n".join(lines_of(value, 0))


def lines_of(value, indent, lead="", tail=""):
    pad, flat = "  " * indent, lead + json.dumps(value, ensure_ascii=False) + tail
    if len(pad + flat) <= 110 or not isinstance(value, (dict, list)) or not value:
        return [pad + flat.replace('"...": true', "...").replace('"..."', "...")]
    inner = list(value.items()) if isinstance(value, dict) else [(None, one) for one in value]
    out = [pad + lead + ("{" if isinstance(value, dict) else "[")]
    for i, (key, one) in enumerate(inner):
        comma = "," if i + 1 < len(inner) else ""
        if key == "...":
            out.append("  " * (indent + 1) + "..." + comma)
        else:
            out += lines_of(one, indent + 1, f'{json.dumps(key)}: ' if key else "", comma)
    return [*out, pad + ("}" if isinstance(value, dict) else "]") + tail]


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def example_text(service, method, example):
    request, path = pretty(example["request"]), f"{service.name}/{method.name}"
    if method.streams:
        asks = (f"buf curl --schema core/proto --protocol grpc --http2-prior-knowledge --unix-socket {SOCKET} \\\n  -d {quoted(request)} \\\n"
                f"  http://localhost/{path}")
    else:
        asks = f"curl --unix-socket {SOCKET} -H 'content-type: application/json' \\\n  -d {quoted(request)} \\\n  http://localhost/{path}"
    answers = example["answers"] if method.streams else [example["answer"]]
    out = [example["say"] + "\n"] if "say" in example else []
    out.append(f"```sh\n{asks}\n```\n")
    if "ns" in example:
        out.append(f"or `ns {' '.join(example['ns'])}`.\n")
    out.append("```json\n" + "\n".join(one if one == "..." else pretty(one) for one in answers) + "\n```\n")
    return "\n".join(out)
