"""Examples of the reference against a real installation: what their placeholders stand for, and whether an answer looks as it should.

`"<application>"` is a value of `Values`, or one kept from an earlier answer; `"<id>"` is any id, `"<time>"` any time, and so on (`KINDS`);
`"<text|what the page shows>"` names a sample for the page. `"..."` as a member, or as the last of a list: there may be more.
"""
import base64
import datetime
import http.client
import json
import os
import re
import struct
import subprocess
import urllib.parse

from .api import SERVICE, UnixConnection
from .machine import ROOT
from .repo import app_files
from .ssh import SshHost
from .wait import until

FOLDER = os.path.join(ROOT, "docs", "api", "examples")
PLACE = re.compile(r"<([a-z_0-9]+)(?:\|[^>]*)?>")
STATIC = {"Dockerfile": "FROM nsbase:1\nCOPY site /site\n", "site/index.html": "<h1>shop</h1>\n"}


def text(value):
    return isinstance(value, str) and value != ""


def base64_of_something(value):
    try:
        return text(value) and base64.b64decode(value, validate=True) != b""
    except ValueError:
        return False


def matches(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


KINDS = {
    "id": matches("[0-9a-f]{22}"), "time": matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "digest": matches("sha256:[0-9a-f]{64}"),
    "digits": matches("[0-9]+"), "number": lambda value: isinstance(value, int) and not isinstance(value, bool), "text": text,
    "amount": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0,
    "seconds": lambda value: isinstance(value, (int, float)), "bytes": base64_of_something,
    "ssh_key": matches("ssh-ed25519 [A-Za-z0-9+/=]+( .*)?"), "url": matches("https?://[^ ]+"), "version": text,
    "domain": matches(r"(\*\.)?[a-z0-9.-]+"), "hash": matches("[0-9a-f]{40}"), "bool": lambda value: isinstance(value, bool),
}


class Values:
    """What placeholders stand for. Things that take long are made once and when they are needed; names that must be free are made for each example."""

    def __init__(self, site, testapp):
        self.site, self.testapp, self.made, self.fresh = site, testapp, {}, 0
        self.apps, self.kept = [], {}

    def begin(self):
        self.fresh, self.kept = self.fresh + 1, {}

    def __getitem__(self, name):
        if name in self.kept:
            return self.kept[name]
        if name in self.made:
            return self.made[name]
        if not hasattr(self, "of_" + name):
            raise KeyError(f"nothing is called <{name}>")
        value, each_time = getattr(self, "of_" + name)()
        (self.kept if each_time else self.made)[name] = value
        return value

    def __contains__(self, name):
        return name in self.kept or name in self.made or hasattr(self, "of_" + name)

    # -- the application that most examples are about --------------------------------------------------------------------
    def shop(self):
        if "shop" not in self.made:
            app = self.made["shop"] = self.keep(self.site.app("shop", self.testapp, version=1))
            app.wait_version(1)
            until(lambda: app.status()["settled"], 30, "the application is as asked")
        return self.made["shop"]

    def keep(self, app):
        self.site.apps.remove(app)  # it outlives the test
        self.apps.append(app)
        return app

    def of_application(self):
        return self.shop().id, False

    def of_repository(self):
        return self.shop().repository_id, False

    def of_repository_url(self):
        return self.shop().repo.url, False

    def of_commit(self):
        return self.shop().repo.git("rev-parse", "HEAD"), False

    def of_build(self):
        return self.shop().builds()[0]["id"], False

    def of_release(self):
        done = self.site.api.call("ListReleases", {"applicationId": self.shop().id}, service="neoshowcase.platform.v1.PlatformService")
        return done["releases"][0]["id"], False

    def of_shop_host(self):
        return self.shop().host, False

    # -- who, what and when ----------------------------------------------------------------------------------------------
    def of_me(self):
        return self.site.api.GetMe()["id"], False

    def of_name(self):
        return self.site.api.GetMe()["name"], False

    def of_later(self):
        return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"), True

    def of_metric(self):
        """One that is never 0, and of which there are samples."""
        app = self.shop().id
        until(lambda: self.site.api.GetApplicationMetrics(applicationId=app, metricsName="Memory", before=self.of_later()[0]).get("metrics"), 90,
              "the application's use is measured")
        return "Memory", False

    # -- free names --------------------------------------------------------------------------------------------------------
    def of_host(self):
        return f"example-{self.fresh}.apps.test", True

    def of_other_host(self):
        return f"other-{self.fresh}.apps.test", True

    def of_push_name(self):
        return f"example-{self.fresh}", True

    def of_new_url(self):
        repo = self.site.repo(f"example-{self.fresh}")
        repo.push(STATIC)
        return repo.url, True

    # -- a repository by SSH -------------------------------------------------------------------------------------------------
    def ssh(self):
        if "ssh" not in self.made:
            self.made["ssh"] = SshHost(self.site, "example-ssh", 3921).new_key("ed25519").start("ed25519")
        return self.made["ssh"]

    def close(self):
        if "ssh" in self.made:
            self.made["ssh"].stop()

    def of_new_ssh_url(self):
        repo = self.site.repo(f"example-ssh-{self.fresh}")
        repo.push(STATIC)
        return self.ssh().url(repo), True

    def of_ssh_repository(self):
        url = self["new_ssh_url"]
        return self.site.api.CreateRepository(name=f"example-ssh-{self.fresh}", url=url, auth={"ssh": {}})["id"], True

    def of_host_key(self):
        return self.ssh().key("ed25519"), False

    def of_fingerprint(self):
        return self.ssh().fingerprint("ed25519"), False

    def of_own_key(self):
        path = os.path.join(self.site.root, f"key-{self.fresh}")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada@laptop", "-f", path], check=True)
        with open(path + ".pub", encoding="utf-8") as file:
            return " ".join(file.read().split()[:2]), True

    # -- builds of other kinds ---------------------------------------------------------------------------------------------
    def of_artifact(self):
        repo = self.site.repo("example-static")
        commit = repo.push(STATIC)
        app = self.keep(self.site.app_of(repo, "example-static", config={"staticDockerfile": {
            "dockerfileName": "Dockerfile", "staticConfig": {"artifactPath": "site"}}}))
        return app.wait_build(commit, "SUCCEEDED")["artifacts"][0]["id"], False

    def of_broken(self):
        repo = self.site.repo("example-broken")
        self.made["broken_commit"] = repo.push({"Dockerfile": "FROM nsbase:1\nRUN false\n"})
        app = self.keep(self.site.app_of(repo, "example-broken"))
        app.wait_build(self.made["broken_commit"], "FAILED")
        return app.id, False

    def of_waiting(self):
        """A build that is queued or under way."""
        repo = self.site.repo(f"example-slow-{self.fresh}")
        commit = repo.push({**app_files(self.testapp, 1), "Dockerfile": "FROM nsbase:1\nRUN sleep 15\n"})
        app = self.keep(self.site.app_of(repo, f"example-slow-{self.fresh}"))
        return app.wait_build(commit, ("QUEUED", "BUILDING"))["id"], True

    def filled(self, value):
        """The value with what its placeholders stand for."""
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return PLACE.sub(lambda m: self[m[1]], value) if isinstance(value, str) else value


def differs(expected, value, values, at="answer"):
    """The first place where a value is not as expected, in words; None where there is none."""
    if isinstance(expected, dict) and isinstance(value, dict):
        return differing_member(expected, value, values, at)
    if isinstance(expected, list) and isinstance(value, list):
        return differing_element(expected, value, values, at)
    place = PLACE.fullmatch(expected) if isinstance(expected, str) else None
    if place and place[1] in KINDS:
        fits = KINDS[place[1]](value)
    else:
        fits = type(expected) is type(value) and (values.filled(expected) if isinstance(expected, str) else expected) == value
    return None if fits else f"{at} is {json.dumps(value)}, not {json.dumps(expected)}"


def differing_member(expected, value, values, at):
    names = set(expected) - {"..."}
    if not names <= set(value):
        return f"{at} has no {sorted(names - set(value))}: {json.dumps(value)}"
    if "..." not in expected and set(value) - names:
        return f"{at} has {sorted(set(value) - names)} too: {json.dumps(value)}"
    return next((found for name in sorted(names) if (found := differs(expected[name], value[name], values, f"{at}.{name}"))), None)


def differing_element(expected, value, values, at):
    if not expected or expected[-1] != "...":
        if len(expected) != len(value):
            return f"{at} has {len(value)} elements, not {len(expected)}: {json.dumps(value)}"
        return next((found for i, one in enumerate(expected) if (found := differs(one, value[i], values, f"{at}[{i}]"))), None)
    for one in expected[:-1]:
        found = [differs(one, other, values, f"{at}[{i}]") for i, other in enumerate(value)]
        if None not in found:
            return f"nothing of {at} fits: {found[0] if found else 'it is empty'}"
    return None


def service_of(name):
    """"PlatformService" as the wire has it."""
    return SERVICE if name == "APIService" else f"neoshowcase.platform.v1.{name}"


def by_get(socket, service, method, message):
    """(status, bytes) of a call without side effects by Connect's GET."""
    query = urllib.parse.urlencode({"connect": "v1", "encoding": "json", "message": json.dumps(message)})
    connection = UnixConnection(socket, 60)
    try:
        connection.request("GET", f"/{service}/{method}?{query}")
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def by_stream(socket, service, method, message, count):
    """The first `count` messages of a stream, as Connect frames them; what the end says where it comes first."""
    body, connection = json.dumps(message).encode(), UnixConnection(socket, 60)
    try:
        connection.request("POST", f"/{service}/{method}", struct.pack(">BI", 0, len(body)) + body,
                           {"Content-Type": "application/connect+json", "Connect-Protocol-Version": "1"})
        response, found = connection.getresponse(), []
        while len(found) < count:
            flags, length = struct.unpack(">BI", read_exactly(response, 5))
            piece = json.loads(read_exactly(response, length))
            if flags & 2:
                return found + [{"end": piece}]
            found.append(piece)
        return found
    finally:
        connection.close()


def read_exactly(response, count):
    data = response.read(count)
    if len(data) != count:
        raise http.client.IncompleteRead(data, count - len(data))
    return data
