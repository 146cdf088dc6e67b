"""Clients that are not ours: @connectrpc/connect-node in each protocol and version of HTTP, and @connectrpc/connect-web in headless Chromium, in a
page of another origin: through a proxy that says who is there, and straight to the gateway with an API token."""
import json
import os
import subprocess

import pytest

from harness import web
from harness.daemon import Daemon, start_ready
from harness.installation import PAGE_PORT, PROXY_SECRET
from harness.machine import listening

PROXY_PORT = 4250
PROXY = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  log_format brief "$request_method $status"; access_log {folder}/asked brief;
  proxy_temp_path {folder}/proxy; client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{api_port}; proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header X-Forwarded-User web; proxy_set_header X-Neoshowcase-Secret {secret};
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def tool():
    return web.tools() or pytest.skip("no clients for the web; ./run test fetches them")


@pytest.fixture(scope="module")
def scripts(tool, tmp_path_factory):
    return web.bundles(tool, str(tmp_path_factory.mktemp("web")))


@pytest.fixture(scope="module")
def app(site_of_session, testapp):
    app = site_of_session.app("web-clients", testapp, version=1)
    site_of_session.apps.remove(app)  # it outlives the first test
    app.wait_version(1)
    yield app
    app.discard()


@pytest.fixture
def proxy(site, logs, tmp_path):
    """Where `web`, an admin, is known; its address."""
    with open(tmp_path / "nginx.conf", "w", encoding="utf-8") as file:
        file.write(PROXY.format(folder=tmp_path, port=PROXY_PORT, api_port=site.api_port, secret=PROXY_SECRET))
    nginx = start_ready(Daemon("web-proxy", ["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")], logs),
                        lambda: listening(PROXY_PORT))
    yield f"http://127.0.0.1:{PROXY_PORT}"
    nginx.stop()


def finished(app):
    return next(build["id"] for build in app.builds() if build["status"] == "SUCCEEDED")


def judge(seen, app, who, log_bytes):
    """Of one way: answers, failures with their fields, a stream to its end, one broken off, one out of time, and calls after that."""
    assert seen["me"] == who
    assert seen["refused"]["code"] == "InvalidArgument" and seen["refused"]["fields"] == ["id"], seen["refused"]
    assert seen["missing"]["code"] == "NotFound" and "application" in seen["missing"]["message"], seen["missing"]
    assert seen["log"] == {"bytes": log_bytes, "end": log_bytes, "finished": True}
    assert seen["aborted"]["code"] == "Canceled" and seen["aborted"]["lines"] == 1, seen["aborted"]
    assert seen["late"]["code"] == "DeadlineExceeded", seen["late"]
    assert seen["after"] == app.id


def test_connect_node_in_every_protocol(site, app, tool, scripts):
    build = finished(app)
    done = subprocess.run([f"{tool}/bin/node", os.path.join(scripts, "node.js"), f"{site.root}/run/api.sock",
                           json.dumps({"application": app.id, "build": build})], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    ways = json.loads(done.stdout)
    assert len(ways) == 7
    for way, seen in ways.items():
        print(way)
        judge(seen, app, site.api.GetMe()["name"], len(app.log(build).encode()))


def in_chromium(scripts, logs, tmp_path, port=PAGE_PORT, **about):
    """What the page saw, at that port of this machine."""
    page = web.Page(os.path.join(scripts, "browser.js"), about, port)
    try:
        return page.opened_by_chromium(str(tmp_path / "profile"), os.path.join(logs, "chromium.log"), 60)
    finally:
        page.close()


@pytest.fixture(params=["proxy", "token"])
def way_in(request, site):
    """(address, headers, who it is) by the proxy, and straight to the gateway with an API token."""
    if request.param == "proxy":
        return request.getfixturevalue("proxy"), {}, "web"
    made = site.api.call("CreateToken", {"name": "page", "scope": "TOKEN_SCOPE_READ"}, service="neoshowcase.platform.v1.TokenService")
    return f"http://127.0.0.1:{site.api_port}", {"Authorization": f"Bearer {made['text']}"}, site.api.GetMe()["name"]


def test_connect_web_in_chromium(app, way_in, scripts, logs, tmp_path):
    address, headers, who = way_in
    build = finished(app)
    ways = in_chromium(scripts, logs, tmp_path, baseUrl=address, headers=headers, application=app.id, build=build)
    assert "problem" not in ways, ways["problem"]
    assert len(ways) == 6
    for way, seen in ways.items():
        print(way)
        judge(seen, app, who, len(app.log(build).encode()))
        assert seen["methods"].count("GET") == (4 if "GET" in way else 0), seen["methods"]


def test_page_of_another_origin_is_kept_out(app, proxy, scripts, logs, tmp_path):
    """The same page at a port that `cors_origins` does not list: the browser keeps every answer from it."""
    seen = in_chromium(scripts, logs, tmp_path, port=PAGE_PORT + 1, baseUrl=proxy, application=app.id, build="")
    assert "Failed to fetch" in seen["problem"], seen
    with open(tmp_path / "asked", encoding="utf-8") as file:
        assert file.read() == "OPTIONS 204\n", "the browser asked whether it may, and did not call"
