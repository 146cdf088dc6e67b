"""What changes, live, and applications in their full form, through the real gateway."""
import http.client
import json
import struct

import pytest

from harness.api import ApiError, UnixConnection
from harness.repo import app_files
from harness.wait import until

OWN = "neoshowcase.platform.v1"
WATCH, APPLICATIONS = f"{OWN}.WatchService", f"{OWN}.ApplicationService"


class Watcher:
    """A stream of Connect's JSON; `take` gives what comes within its seconds."""

    def __init__(self, socket_path, seconds=60, **message):
        body = json.dumps(message).encode()
        self.connection = UnixConnection(socket_path, seconds)
        self.connection.request("POST", f"/{WATCH}/Watch", struct.pack(">BI", 0, len(body)) + body,
                                {"Content-Type": "application/connect+json", "Connect-Protocol-Version": "1"})
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()

    def next(self):
        """The next message; an error of the end of the stream is raised."""
        flags, size = struct.unpack(">BI", self._exactly(5))
        message = json.loads(self._exactly(size) or b"{}")
        if flags & 2:
            error = message.get("error", {})
            raise ApiError(200, error.get("code"), error.get("message", ""), error.get("details"))
        return message

    def _exactly(self, size):
        data = self.response.read(size)
        if len(data) < size:
            raise http.client.IncompleteRead(data)
        return data

    def close(self):
        self.connection.close()


def own(site, method, **message):
    return site.api.call(method, message, APPLICATIONS)


def test_watch_tells_each_event_of_a_deploy_once_over_cuts(site, testapp):
    repo = site.repo("watch-deploy")
    repo.push(app_files(testapp, 1))
    repository = site.register(repo)  # before anything has happened there is no token
    first = Watcher(site.api.socket_path, mine=True)
    message = first.next()
    while "synced" not in message:
        assert message["application"]["initial"]
        message = first.next()
    token = message["resumeToken"]
    first.close()
    app = site.app_of(repo, "watch-deploy", repository_id=repository)
    app.wait_version(1)

    events, states, seen = [], [], 0
    told = [e["kind"] for e in site.api.call("ListApplicationEvents", {"applicationId": app.id, "limit": 1000}, f"{OWN}.PlatformService")["events"]]
    while len(events) < len(told):
        stream = Watcher(site.api.socket_path, mine=True, resumeToken=token)
        for _ in range(3):  # then it is cut
            message = stream.next()
            token = message["resumeToken"]
            change = message.get("application", {})
            if change.get("application", {}).get("id") != app.id:
                continue
            events += [event["kind"] for event in change.get("events", [])]
            states.append(change["status"].get("state", "STATE_UNKNOWN"))
            if len(events) >= len(told):
                break
        stream.close()
        seen += 1
        assert seen < 500
    assert events[:len(told)] == told
    assert states[-1] == "LIVE", states

    live = Watcher(site.api.socket_path, applicationIds=[app.id], withoutInitial=True, builds=True)
    assert "synced" in live.next()
    commit = app.push_version(2)
    states, builds = [], []
    while not (states and states[-1] == "LIVE" and builds and builds[-1] == (commit, "SUCCEEDED")):
        change = live.next().get("application")
        if change:
            states.append(change["status"].get("state", "STATE_UNKNOWN"))
        if change and "build" in change:
            builds.append((change["build"]["commit"], change["build"]["status"]))
    assert "BUILDING" in states and (commit, "BUILDING") in builds, (states, builds)
    app.stop()
    until(lambda: not app.get().get("running"), 10, "stopped")
    app.call("DeleteApplication", id=app.id)
    while "removed" not in (message := live.next()):
        pass
    assert message["removed"]["applicationId"] == app.id
    live.close()


def test_watch_refuses_a_token_of_another_history(site):
    stream = Watcher(site.api.socket_path, resumeToken="1-4711-1.1")
    with pytest.raises(ApiError) as refused:
        stream.next()
    assert refused.value.code == "failed_precondition"
    stream.close()


def test_full_form_is_created_changed_and_given_back(site, testapp):
    repo = site.repo("own-form")
    repo.push(app_files(testapp, 1))
    repository = site.register(repo)
    form = {"name": "own-form", "refName": "main", "build": {"method": "runtime-dockerfile", "settings": json.dumps({"dockerfile_name": "Dockerfile"})},
            "env": [{"key": "PLAIN", "value": "1"}, {"key": "TOKEN", "value": "hunter2", "secret": True}]}
    dry = own(site, "CreateApplication", repositoryId=repository, form=form, validateOnly=True)["application"]
    assert not dry.get("id") and int(dry["commit"], 16) > 0
    with pytest.raises(ApiError) as refused:
        bad = {**form, "build": {"method": "runtime-dockerfile", "settings": '{"dockerfile": "x"}'}}
        own(site, "CreateApplication", repositoryId=repository, form=bad)
    assert refused.value.code == "invalid_argument" and "form.build.settings" in str(refused.value)
    app = own(site, "CreateApplication", repositoryId=repository, form=form)["application"]
    assert [v.get("value") for v in app["form"]["env"]] == ["1", None]

    back = own(site, "UpdateApplication", applicationId=app["id"], form=app["form"], updateMask="*", etag=app["etag"])
    assert not back.get("changed") and back["application"]["etag"] == app["etag"]
    app["form"]["env"][1]["scope"] = "ENV_SCOPE_BOTH"
    changed = own(site, "UpdateApplication", applicationId=app["id"], form=app["form"], updateMask="env,portPublications", etag=app["etag"])
    assert changed["changed"] == ["env.TOKEN"]
    with pytest.raises(ApiError) as stale:
        own(site, "UpdateApplication", applicationId=app["id"], form={"name": "other"}, etag=app["etag"])
    assert stale.value.code == "aborted"
    listed = own(site, "ListApplications", nameContains="OWN-", states=["STOPPED"])["applications"]
    assert [one["application"]["id"] for one in listed] == [app["id"]]
    site.api.DeleteApplication(id=app["id"])


def test_queue_and_hosts_show_what_is_there(site):
    hosts = site.ns_json("host", "list")["hosts"]
    assert any("builder" in one["host"]["roles"] and one["up"] for one in hosts)
    plugins = [plugin for one in hosts for plugin in one["host"]["plugins"]]
    assert all(json.loads(plugin["configSchema"]) for plugin in plugins if plugin["healthy"]), plugins
    methods = [plugin for plugin in plugins if plugin["kind"].startswith("ns.build/")]
    assert methods and all(json.loads(plugin["appSchema"])["type"] == "object" for plugin in methods)
    queue = site.ns_json("queue")
    assert queue["slots"] >= 1
