"""What a person changes behind the platform's back is put right, and told."""
import glob
import os

import pytest

from harness.wait import until


@pytest.fixture
def app(site, testapp, request):
    app = site.app("d-" + request.node.name[5:40].replace("_", "-").strip("-"), testapp)
    app.wait_version(1)
    until(lambda: len(app.running()) == 1, 30, "one container")
    return app


def told(app):
    until(lambda: "rift" in app.site.ns("status", app.id).stdout, 20, lambda: f"drift is told: {app.site.ns('status', app.id).stdout}")


def well(app, seconds=40):
    app.wait_version(1, seconds)
    until(lambda: len(app.running()) == 1 and len(app.containers()) == 1, seconds, "one container runs")
    return app.running()[0]


def name_of(app):
    return app.running()[0]["Name"].lstrip("/")


def test_killed_container_comes_back(app):
    app.site.machine.docker("kill", name_of(app))
    well(app)


def test_removed_container_comes_back(app):
    app.site.machine.docker("rm", "-f", name_of(app))
    well(app)
    told(app)


def test_renamed_container_gets_its_name_back_or_is_replaced(app):
    name = name_of(app)
    app.site.machine.docker("rename", name, "someone-was-here")
    until(lambda: [c["Name"] for c in app.site.containers() if c["Name"] == "/someone-was-here"] == [], 40, "repaired")
    well(app)
    told(app)


def test_edited_limits_are_put_right(app):
    before = app.running()[0]["HostConfig"]["PidsLimit"]
    app.site.machine.docker("update", "--pids-limit", "7", name_of(app))
    until(lambda: well(app)["HostConfig"]["PidsLimit"] == before, 40, "the limit is back")
    told(app)


def test_disconnected_network_is_put_right(app):
    network = app.site.networks(app.id)[0]["Name"]
    address = app.running()[0]["NetworkSettings"]["Networks"][network]["IPAddress"]
    app.site.machine.docker("network", "disconnect", "-f", network, name_of(app))
    container = well(app)
    assert container["NetworkSettings"]["Networks"][network]["IPAddress"], (address, container["NetworkSettings"])
    told(app)


def route_file(app):
    found = [path for path in glob.glob(f"{app.site.root}/data/**/*", recursive=True)
             if os.path.isfile(path) and app.id in os.path.basename(path) and path.endswith((".yml", ".yaml"))]
    assert len(found) == 1, found
    return found[0]


def test_edited_route_file_is_put_right(app):
    path = route_file(app)
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(text.replace(app.host, "elsewhere.apps.test"))
    until(lambda: app.site.get("elsewhere.apps.test")[0] == 404 and app.version() == "1", 40, "the route is back")


def test_removed_route_file_is_put_right(app):
    os.remove(route_file(app))
    until(lambda: os.path.exists(route_file(app)), 40, "the file is back")
    well(app)


def test_stray_container_of_ours_is_removed(app):
    labels = [word for key, value in app.running()[0]["Config"]["Labels"].items() for word in ("--label", f"{key}={value}")]
    app.site.machine.docker("run", "-d", "--name", f"nsapp-{app.id}-0-9", *labels, "nsbase:1", "sleep", "1000")
    until(lambda: len(app.containers()) == 1, 60, "the stray is gone")
    well(app)
