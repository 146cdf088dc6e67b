"""Edits of a running application: what each restarts, what it does not, and what is left after deletion."""
import pytest

from harness.load import Load
from harness.wait import stays, until


@pytest.fixture
def app(site, testapp, request):
    app = site.app(request.node.name.replace("test_", "e-").replace("_", "-")[:40], testapp)
    app.wait_version(1)
    until(lambda: len(app.running()) == 1, 30, "one container")
    return app


def identity(app):
    """What tells a container from its replacement or its restart."""
    return [(c["Id"], c["State"]["StartedAt"]) for c in app.running()]


def replaced(app, before):
    now = identity(app)
    return len(now) == 1 and now[0][0] != before[0][0]


def test_run_variable_restarts_without_a_build(app):
    before, builds = identity(app), len(app.builds())
    app.set_env("COLOUR", "green")
    until(lambda: "COLOUR=green" in app.fetch("/env")[2], 30, "the variable arrives")
    until(lambda: replaced(app, before), 30, "the old container is gone")
    assert len(app.builds()) == builds
    app.call("DeleteEnvVar", applicationId=app.id, key="COLOUR")
    until(lambda: "COLOUR" not in app.fetch("/env")[2], 30, "the variable leaves")
    assert len(app.builds()) == builds


def test_url_rewrites_routes_without_a_restart(app):
    before = identity(app)
    other = "other-" + app.host
    app.update(websites={"websites": [{"fqdn": other, "pathPrefix": "/", "httpPort": 8080}]})
    until(lambda: app.site.get(other)[0] == 200, 20, "the new URL answers")
    until(lambda: app.fetch()[0] == 404, 20, "the old URL is gone")
    assert identity(app) == before
    assert len(app.builds()) == 1


def test_path_prefix_is_routed_and_stripped_where_asked(app):
    before = identity(app)
    app.update(websites={"websites": [{"fqdn": app.host, "pathPrefix": "/api", "stripPrefix": True, "httpPort": 8080}]})
    until(lambda: app.fetch("/api/env")[0] == 200 and "PATH=" in app.fetch("/api/env")[2], 20, "the prefix is stripped")
    assert app.fetch("/env")[0] == 404
    assert identity(app) == before


def test_rename_changes_nothing(app):
    before = identity(app)
    app.update(name="another name")
    assert app.get()["name"] == "another name"
    stays(lambda: identity(app) == before and app.version() == "1", 4, "the same container serves")
    assert len(app.builds()) == 1


def test_restart_on_request_drops_nothing(app):
    before = identity(app)
    with Load(app, slow=1) as load:
        app.start()
        until(lambda: replaced(app, before), 40, "a new container")
    load.judge(100)
    assert len(app.builds()) == 1


def test_stop_answers_503_with_a_page_and_start_brings_it_back(app):
    app.stop()
    until(lambda: app.fetch()[0] == 503, 30, "503 after stop")
    status, headers, page = app.fetch()
    assert "stopped" in page.lower() and "html" in headers.get("Content-Type", ""), page
    until(lambda: not app.running(), 30, "no container runs")
    app.start()
    app.wait_version(1)
    assert len(app.builds()) == 1


def test_delete_leaves_nothing_but_events_and_its_id_for_late_pushes(app):
    site, machine = app.site, app.site.machine
    machine.docker("run", "-d", "--name", "bystander", "--label", "neoshowcase.installation=someone-else", "nsbase:1",
                   "sleep", "1000")
    machine.docker("network", "create", "bystander-net")
    try:
        assert app.networks_left()
        app.delete()
        until(lambda: not app.containers(), 30, "no container")
        until(lambda: not app.networks_left(), 30, "no network")
        until(lambda: app.fetch()[0] == 404, 30, "no route")
        until(lambda: not app.tags_left(), 30, lambda: f"no image tag, but {app.tags_left()}")
        until(lambda: set(app.rows_left()) <= {"events", "audit_events", "purged_applications"}, 30, lambda: f"no rows, but {app.rows_left()}")
        assert machine.inspect("bystander")[0]["State"]["Running"]
        assert machine.inspect("bystander-net")
    finally:
        machine.docker("rm", "-f", "bystander", check=False)
        machine.docker("network", "rm", "bystander-net", check=False)
