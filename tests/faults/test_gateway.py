"""The API under 200 mixed calls a second: while the controller is away, and while the hosts that serve it are replaced, one behind the other."""
import itertools
import time

import pytest

from harness.api import Api, ApiError
from harness.daemon import Daemon, start_ready
from harness.machine import listening
from harness.wait import until

from rig.calls import PLATFORM, Calls, Kind
from rig.judge import judge
from rig.load import await_versions
from rig.ports import free_port
from rig.site import CONFIG, PROXY_SECRET

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


def mixed(site, owned=True):
    """Sorts of calls that need no controller, 20 in turn; of writes a variable that counts up. Not `owned`: by one who owns nothing."""
    app, counter = site.apps[2], itertools.count(1)
    build = app.call("GetBuilds", id=app.id)["builds"][0]["id"]
    of_app = {"applicationId": app.id}
    kinds = [Kind("GetMe")] * 4 + [Kind("GetApplications", {"scope": "ALL"})] * 3 + [Kind("GetApplication", {"id": app.id})] * 3
    kinds += [Kind("GetBuilds", {"id": app.id}), Kind("GetBuild", {"buildId": build}), Kind("GetSystemInfo", get=True)]
    kinds += [Kind("GetApplicationStatus", of_app, PLATFORM)] * 2
    kinds += [Kind("gitea", {"repository": {"clone_url": app.source.url}}, path="/api/webhook/gitea", headers={"X-Gitea-Event": "push"}, expects=202)]
    if not owned:
        return kinds
    kinds += [Kind("SetEnvVar", lambda: {**of_app, "key": "COUNT", "value": str(next(counter))}), Kind("ListEvents", {"newest": True}, PLATFORM)]
    kinds += [Kind("ReadBuildLog", {"buildId": build}, PLATFORM), Kind("GetBuildLogStream", {"buildId": build}, stream=True)]
    return kinds


def newest_value(site):
    """Of the variable that the calls set, as the API has it."""
    variables = site.api.GetEnvVars(id=site.apps[2].id)["variables"]
    return next(v["value"] for v in variables if v["key"] == "COUNT")


def test_controller_away_fails_no_call_that_does_not_need_it(site, full, capsys):
    pushed, stopped, varied = site.apps
    with Calls(f"unix:{site.root}/api.sock", mixed(site)) as calls:
        time.sleep(3)
        site.nsd["controller"].stop()
        begin = time.monotonic()
        version = site.push(pushed)
        stopped.call("StopApplication", id=stopped.id)
        late = site.app("late")
        with pytest.raises(ApiError, match="unavailable"):
            varied.call("GetOutput", applicationId=varied.id, before="2100-01-01T00:00:00Z")
        time.sleep(max(0, begin + (60 if full else 20) - time.monotonic()))
        assert stopped.files()["running"] == "1" and pushed.version() == 1 and late.version() is None, "nobody acts meanwhile"
        site.nsd["controller"].start()
        time.sleep(3)
    calls.judge(capsys, "controller away")
    await_versions(site, {pushed: version, late: 1, varied: 1}, 60)
    until(lambda: stopped.files()["running"] == "0", 30, lambda: f"it is stopped: {stopped.files()}\n{site.logs_tail()}")
    until(lambda: varied.files().get("env.COUNT") == newest_value(site), 30, lambda: f"the last value is in force: {varied.files()}")
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


def test_replaced_gateways_fail_no_call(site, proxy, full, capsys):
    """Two hosts behind a proxy, which are ended and started again in turn: what is under way is answered, and what comes then goes to the other."""
    sockets = {"services": f"{site.root}/api.sock", "services-2": f"{site.root}/api-2.sock"}
    with Calls(proxy, mixed(site, owned=False)) as calls:
        for process in list(sockets) * (10 if full else 3):
            time.sleep(1)
            site.nsd[process].stop()
            site.nsd[process].start()
            until(Api(sockets[process]).GetSystemInfo, 30, site.logs_tail)
    calls.judge(capsys, "gateways replaced")
