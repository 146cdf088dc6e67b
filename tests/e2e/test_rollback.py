"""Back to an older release without a build, and forward again."""
import json

from harness.wait import stays, until


def status(app):
    return json.loads(app.site.ns("status", app.id).stdout)


def test_rollback_pins_and_unpin_follows_again(site, testapp):
    app = site.app("rollback", testapp)
    app.wait_version(1)
    app.push_version(2)
    app.wait_version(2)
    builds = len(app.builds())

    done = site.ns_json("rollback", app.id, "--wait")
    app.wait_version(1)
    assert done["release"]["commit"] != done["before"]["commit"]
    assert len(app.builds()) == builds, "a rollback builds nothing"
    assert status(app)["pin"]["releaseId"] == done["release"]["id"]
    until(lambda: len(app.containers()) == 1, 30, "only the container of the old release is left")

    commit = app.push_version(3)
    app.wait_build(commit, "SUCCEEDED")
    stays(lambda: app.version() == "1", 3, "version 1 serves")
    assert status(app)["pin"]["holdsBack"] is True
    assert status(app)["settled"] and status(app)["ok"]

    assert site.ns_json("unpin", app.id, "--wait")["wasPinned"] is True
    app.wait_version(3)
    assert not status(app).get("pin")
    assert len(app.builds()) == builds + 1


def test_rollback_takes_back_a_variable(site, testapp):
    app = site.app("rollback-env", testapp)
    app.wait_version(1)
    first = site.ns_json("app", "releases", app.id)["releases"][0]["id"]
    site.ns("env", "set", app.id, "GREETING=changed", "--wait", check=True)
    done = site.ns_json("rollback", app.id, "--wait")
    assert done["release"]["id"] == first
    container, = until(lambda: len(app.running()) == 1 and app.running(), 30, "the old container is drained")
    assert not [e for e in container["Config"]["Env"] if e.startswith("GREETING=")], container["Config"]["Env"]
    assert len(app.builds()) == 1


def test_ref_back_to_a_built_commit_builds_nothing(site, testapp):
    app = site.app("ref-back", testapp)
    app.wait_version(1)
    first = app.get()["commit"]
    app.push_version(2)
    app.wait_version(2)
    app.repo.git("push", "-q", "--force", "origin", f"{first}:main")
    app.wait_version(1)
    assert app.get()["commit"] == first
    assert len(app.builds()) == 2
