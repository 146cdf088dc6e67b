"""The API under 200 mixed calls a second: while the controller is away, and while the hosts that serve it are replaced, one behind the other;
and while the controller hangs."""
import json
import os
import signal
import threading
import time
import urllib.request
from collections import Counter

import pytest

from harness.api import Api, ApiError, UnixConnection
from harness.daemon import Daemon, start_ready
from harness.machine import listening
from harness.wait import until

from rig.calls import API, PLATFORM, Calls, Kind
from rig.followers import Followed, Followers
from rig.judge import judge
from rig.load import await_versions
from rig.ports import free_port
from rig.site import CONFIG, PROXY_SECRET

WATCH = "neoshowcase.platform.v1.WatchService"

PROXY = """
daemon off; worker_processes 1; pid {folder}/proxy.pid; error_log {folder}/proxy.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; proxy_temp_path {folder}/proxy-temp; client_body_temp_path {folder}/proxy-body;
  fastcgi_temp_path {folder}/proxy-f; uwsgi_temp_path {folder}/proxy-u; scgi_temp_path {folder}/proxy-s;
  upstream services {{ {servers} keepalive 16; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://services; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      proxy_set_header X-Forwarded-User alice; proxy_set_header X-Neoshowcase-Secret {secret};
    }}
  }}
}}
"""


@pytest.fixture
def site(new_site):
    site = new_site().start()
    for name in ("pushed", "stopped", "varied"):
        site.app(name)
    await_versions(site, {app: 1 for app in site.apps}, 120)
    return site


class Writes:
    """Of an owner: each sets the next of some variables to what counts up."""

    VARIABLES = 100  # so many that the same one comes again only when the write before is long over

    def __init__(self, app):
        self.app, self.count, self.asked = app, 0, {}

    def next(self):
        self.count += 1
        key = f"COUNT_{self.count % self.VARIABLES}"
        self.asked[key] = str(self.count)
        return {"applicationId": self.app.id, "key": key, "value": str(self.count)}

    def judge(self):
        """Each took effect, in the API and at the backend."""
        kept = {v["key"]: v["value"] for v in self.app.call("GetEnvVars", id=self.app.id)["variables"]}
        assert self.differing(kept.get) == {}, "what the API has, and what was asked for"
        until(lambda: not self.in_force(), 60, lambda: f"what was asked for is in force: {self.in_force()}\n{self.app.site.logs_tail()}")

    def in_force(self):
        files = self.app.files()
        return self.differing(lambda key: files.get(f"env.{key}"))

    def differing(self, of):
        return {key: (of(key), value) for key, value in self.asked.items() if of(key) != value}


def mixed(site, writes):
    """Sorts of calls that need no controller, 20 in turn; one of them writes."""
    app = site.apps[2]
    build = app.call("GetBuilds", id=app.id)["builds"][0]["id"]
    of_app = {"applicationId": app.id}
    kinds = [Kind("GetMe")] * 4 + [Kind("GetApplications", {"scope": "ALL"})] * 3 + [Kind("GetApplication", {"id": app.id})] * 3
    kinds += [Kind("GetBuilds", {"id": app.id}), Kind("GetBuild", {"buildId": build}), Kind("GetSystemInfo", get=True)]
    kinds += [Kind("GetApplicationStatus", of_app, PLATFORM)] * 2
    kinds += [Kind("gitea", {"repository": {"clone_url": app.source.url}}, path="/api/webhook/gitea", headers={"X-Gitea-Event": "push"}, expects=202)]
    kinds += [Kind("SetEnvVar", writes.next), Kind("ListEvents", {"newest": True}, PLATFORM)]
    kinds += [Kind("ReadBuildLog", {"buildId": build}, PLATFORM), Kind("GetBuildLogStream", {"buildId": build}, stream=True)]
    return kinds


def test_controller_away_fails_no_call_that_does_not_need_it(site, capsys):
    pushed, stopped, varied = site.apps
    writes = Writes(varied)
    with Calls(f"unix:{site.root}/api.sock", mixed(site, writes)) as calls:
        time.sleep(3)
        site.nsd["controller"].stop()
        begin = time.monotonic()
        version = site.push(pushed)
        stopped.call("StopApplication", id=stopped.id)
        late = site.app("late")
        with pytest.raises(ApiError, match="unavailable"):
            varied.call("GetOutput", applicationId=varied.id, before="2100-01-01T00:00:00Z")
        time.sleep(max(0, begin + 60 - time.monotonic()))
        assert stopped.files()["running"] == "1" and pushed.version() == 1 and late.version() is None, "nobody acts meanwhile"
        site.nsd["controller"].start()
        time.sleep(3)
    calls.judge(capsys, "controller away")
    await_versions(site, {pushed: version, late: 1, varied: 1}, 60)
    until(lambda: stopped.files()["running"] == "0", 30, lambda: f"it is stopped: {stopped.files()}\n{site.logs_tail()}")
    writes.judge()
    judge(site)


@pytest.fixture
def second(site):
    """A second host of services at addresses of its own."""
    settings = {**site.settings, "api_port": free_port()}
    text = CONFIG.format(data=f"{site.root}/data-2", **settings).replace(f"{site.root}/api.sock", f"{site.root}/api-2.sock")
    site.add_process("services-2", "services", text=text).start()
    until(Api(f"{site.root}/api-2.sock").GetSystemInfo, 30, site.logs_tail)
    return settings["api_port"]


@pytest.fixture
def proxy(site, second, rig):
    port = free_port()
    servers = " ".join(f"server 127.0.0.1:{at} max_fails=0;" for at in (site.api_port, second))
    with open(f"{site.root}/proxy.conf", "w", encoding="utf-8") as file:
        file.write(PROXY.format(folder=site.root, port=port, servers=servers, secret=PROXY_SECRET))
    nginx = Daemon(f"{site.name}-proxy", ["nginx", "-c", f"{site.root}/proxy.conf", "-e", f"{site.root}/proxy.log"], rig.logs)
    start_ready(nginx, lambda: listening(port))
    yield f"http://127.0.0.1:{port}"
    nginx.stop()


@pytest.fixture
def owner(site, proxy):
    """Whom the proxy names, an owner of the application that is written to."""
    app = site.apps[2]
    with urllib.request.urlopen(urllib.request.Request(f"{proxy}/{API}/GetMe", b"{}", {"Content-Type": "application/json"}), timeout=20) as answer:
        user = json.load(answer)["id"]
    app.call("UpdateApplication", id=app.id, ownerIds={"ownerIds": [*app.call("GetApplication", id=app.id)["ownerIds"], user]})
    return user


def events_of(app, after=""):
    """What happened to the application behind `after`, and where that ends."""
    events = []
    while True:
        answer = app.site.api.call("ListApplicationEvents", {"applicationId": app.id, "after": after, "limit": 1000}, PLATFORM)
        events, after = events + answer.get("events", []), answer["next"]
        if len(answer.get("events", [])) < 1000:
            return events, after


def watching(app):
    """A stream of what happens to the application, resumed behind what was seen."""
    def seen(request, message):
        request["resumeToken"] = message.get("resumeToken", "")
    return Followed("Watch", WATCH, {"applicationIds": [app.id], "withoutInitial": True}, seen)


def told(watch):
    return [event for message in watch.got for event in message.get("application", {}).get("events", [])]


@pytest.mark.usefixtures("owner")
def test_replaced_gateways_fail_no_call(site, proxy, full, capsys):
    """Two hosts behind a proxy, which are ended and started again in turn: what is under way is answered, and what comes then goes to the other.
    Who watches is cut off, comes again, and is told of each thing that happened once."""
    sockets = {"services": f"{site.root}/api.sock", "services-2": f"{site.root}/api-2.sock"}
    app = site.apps[2]
    writes, watch = Writes(app), watching(app)
    with Followers(proxy, [watch]) as followers:
        until(lambda: watch.got, 30, "the stream has begun")
        _, before = events_of(app)
        with Calls(proxy, mixed(site, writes)) as calls:
            for process in list(sockets) * (10 if full else 3):
                time.sleep(1)
                site.nsd[process].stop()
                site.nsd[process].start()
                until(Api(sockets[process]).GetSystemInfo, 30, site.logs_tail)
        calls.judge(capsys, "gateways replaced")
        writes.judge()
        until(lambda: (happened := events_of(app, before)[0]) and told(watch)[-len(happened):] == happened, 30,
              lambda: f"each event is told once, in their order: {told(watch)}\nof\n{events_of(app, before)[0]}")
    followers.judge()
    assert watch.ends and set(watch.ends) == {"unavailable"}, watch.ends
    with capsys.disabled():
        print(f"{writes.count} writes, {len(told(watch))} events told in {len(watch.ends) + 1} pieces")


def printed(app):
    """A stream of what the application prints, as `ns logs -f` follows it."""
    return Followed("GetOutputStream", API, {"applicationId": app.id, "begin": "2020-01-01T00:00:00Z"},
                    lambda request, line: request.update(begin=line["time"]))


def seconds_of(ask):
    begin = time.monotonic()
    ask()
    return time.monotonic() - begin


def get(site, path):
    connection = UnixConnection(f"{site.root}/api.sock", 20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.status == 200, (path, response.status, response.read())
    finally:
        connection.close()


def ask_output(app, outcomes):
    try:
        app.call("GetOutput", applicationId=app.id, before="2100-01-01T00:00:00Z")
        outcomes.append("answered")
    except (ApiError, OSError) as error:
        outcomes.append(getattr(error, "code", "timeout"))


def test_hung_controller_keeps_nobody_else_waiting(site, capsys):
    """It is there and says nothing, while many follow what it would tell and more ask for it: those hold no thread that others need."""
    app, controller, outcomes = site.apps[0], site.nsd["controller"], []
    asks = [lambda: site.api.GetApplications(scope="ALL"), lambda: site.api.GetBuilds(id=app.id)]
    asks += [lambda path=path: get(site, path) for path in ("/healthz", "/readyz", "/metrics")]
    streams = [printed(app) for _ in range(40)]
    askers = [threading.Thread(target=ask_output, args=(app, outcomes), daemon=True) for _ in range(40)]
    with Followers(f"unix:{site.root}/api.sock", streams) as followers:
        until(lambda: all(stream.got for stream in streams), 60, site.logs_tail)
        os.kill(controller.pid, signal.SIGSTOP)
        try:
            begin = time.monotonic()
            for asker in askers:
                asker.start()
            time.sleep(1)  # each follower wants to look meanwhile
            waits = []
            while time.monotonic() < begin + 15:
                waits += [seconds_of(ask) for ask in asks]
                time.sleep(0.2)
        finally:
            os.kill(controller.pid, signal.SIGCONT)
        counts = [len(stream.got) for stream in streams]
        until(lambda: all(len(s.got) > count + 1 for s, count in zip(streams, counts)), 60, lambda: f"all go on\n{site.logs_tail()}")
        for asker in askers:
            asker.join(30)
    followers.judge()
    with capsys.disabled():
        print(f"\ncontroller hangs: {len(waits)} asked, the slowest after {max(waits):.2f} s; output {Counter(outcomes)}")
    assert max(waits) < 5, sorted(waits)[-5:]
    assert len(outcomes) == len(askers) and outcomes.count("resource_exhausted") >= len(askers) - 16, outcomes
    ask_output(app, outcomes)
    assert outcomes[-1] == "answered"
