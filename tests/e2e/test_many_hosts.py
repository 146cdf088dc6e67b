"""Two controllers and two builders as processes of their own, on a real dockerd: one dies, the others finish its work."""
import signal
import time

import pytest

from harness.installation import Installation
from harness.load import Load
from harness.repo import DOCKERFILE
from harness.wait import stays, until

from conftest import BASE_IMAGE

ROLES = {"services": "services", "controller-a": "controller", "controller-b": "controller",
         "builder-a": "builder", "builder-b": "builder"}

SLOW = DOCKERFILE.replace("FROM scratch", f"FROM {BASE_IMAGE}\nRUN sleep 6")


@pytest.fixture(scope="module")
def many(machine, binaries, logs):
    site = Installation(machine, "many", binaries, logs, index=4, roles=ROLES).start()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def app(many, testapp):
    app = many.app("many", testapp)
    app.wait_version(1)
    yield app
    many.forget_apps()


def holder(app):
    """The process that holds the application: its name in `site.nsd`."""
    name = app.site.sql(f"select hosts.name from applications join hosts on hosts.id = holder "
                        f"where applications.id = '{app.id}'")
    pid = int(name[0].split("/")[-1]) if name else None
    return next((role for role, daemon in app.site.nsd.items() if daemon.running() and daemon.pid == pid), None)


def generations(app):
    """What is decided, and what was seen last."""
    return app.site.sql(f"select target_generation || ' ' || generation from applications join observations "
                        f"on application_id = id where id = '{app.id}'")[0].split()


def rise(app, role):
    app.site.nsd[role].start()
    app.site.wait_ready()


def test_one_controller_holds_an_application(app):
    first = holder(app)
    assert first in ("controller-a", "controller-b")
    stays(lambda: holder(app) == first, 3, "the holder stays the same while it lives")


def test_killed_controller_in_the_middle_of_a_deploy_is_taken_over(app):
    dying = holder(app)
    version = int(app.version()) + 1
    with Load(app, slow=1, pace=0.02, websocket=False) as load:
        app.push_version(version)
        until(lambda: len(app.running()) == 2, 30, "the new release starts beside the old one", every=0.02)
        app.site.kill(dying)
        began = time.monotonic()
        app.wait_version(version, 60)
        until(lambda: len(app.running()) == 1, 60, "only the new release is left")
        print(f"taken over and finished {time.monotonic() - began:.1f} s after the kill")
    load.judge(50)
    assert holder(app) not in (None, dying), "the other controller holds it now"
    rise(app, dying)


def test_paused_controller_that_wakes_up_changes_nothing(app):
    paused = holder(app)
    daemon = app.site.nsd[paused]
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: app.site.sql("select count(*) from hosts where lease_expires > now() and 'controller' = any(roles)")
              == ["1"], 30, "its lease runs out")
        version = int(app.version()) + 1
        app.push_version(version)
        app.wait_version(version, 90)
        until(lambda: holder(app) not in (None, paused), 30, "the other controller holds it")
        until(lambda: len(app.running()) == 1 and len(set(generations(app))) == 1, 60, "only the new release is left")
        before = generations(app), [c["Id"] for c in app.running()]
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    stays(lambda: holder(app) != paused and (generations(app), [c["Id"] for c in app.running()]) == before, 8,
          "nothing changes when it wakes up")
    assert app.version() == str(version)


def test_killed_builder_in_the_middle_of_a_build_is_replaced(app):
    commit = app.push({"version": "90\n", "Dockerfile": SLOW}, "a slow build")
    build = app.wait_build(commit, "BUILDING")
    host = app.site.sql(f"select hosts.name from builds join hosts on hosts.id = lease_host where builds.id = '{build['id']}'")
    pid = int(host[0].split("/")[-1])
    dying = next(role for role, daemon in app.site.nsd.items() if daemon.pid == pid)
    app.site.kill(dying)
    app.wait_build(commit, "SUCCEEDED", 120)
    attempts = app.site.sql(f"select attempt from builds where id = '{build['id']}'")
    assert attempts == ["2"], "tried again by the other builder"
    app.wait_version(90, 90)
    rise(app, dying)
