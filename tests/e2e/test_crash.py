"""kill -9 of everything: it converges by itself, and the application keeps answering meanwhile."""
import os
import signal
import time

import pytest

from harness.load import Load
from harness.wait import stays, until

MOMENTS = (0.05, 0.25, 0.5, 0.75, 0.95)  # of the time a deploy takes


@pytest.fixture(scope="module")
def app(site_of_session, testapp):
    app = site_of_session.app("crash", testapp)
    app.wait_version(1)
    yield app
    site_of_session.forget_apps()


@pytest.fixture(scope="module")
def deploy_seconds(app):
    began = time.monotonic()
    next_version(app)
    return time.monotonic() - began


def next_version(app, meanwhile=None):
    """Deploys the next version; `meanwhile` runs after the push."""
    version = int(app.version()) + 1
    app.push_version(version)
    if meanwhile:
        meanwhile()
    app.wait_version(version, 90)
    until(lambda: len(app.containers()) == 1, 90, "only the new container is left")


@pytest.mark.parametrize("role", ["controller", "services"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_nsd_in_the_middle_of_a_deploy(app, deploy_seconds, role, moment):
    site = app.site
    helpers = site.helpers()
    assert {"postgres", "traefik", "registry"} <= set(helpers), helpers

    def crash():
        time.sleep(deploy_seconds * moment)
        site.kill(role)
        stays(lambda: app.version(), 1, "the application answers while nsd is down")
        site.nsd[role].start()

    # An open WebSocket holds the drain for its whole limit of 30 s: one moment has it, the others end sooner.
    with Load(app, slow=1, pace=0.02, websocket=moment == 0.5) as load:
        next_version(app, crash)
    load.judge(50)
    site.wait_ready()
    assert site.helpers() == helpers, "helpers are adopted, not started again"


def test_application_answers_while_both_nsd_are_down(app):
    site = app.site
    helpers = site.helpers()
    for role in site.nsd:
        site.kill(role)
    with Load(app, slow=1, pace=0.02) as load:
        time.sleep(3)
    load.judge(50)
    for role in site.nsd:
        site.nsd[role].start()
    site.wait_ready()
    assert site.helpers() == helpers
    next_version(app)


@pytest.mark.parametrize("helper", ["postgres", "traefik", "registry"])
def test_killed_helper_comes_back(app, helper):
    site = app.site
    before = site.helpers()
    os.kill(before[helper], signal.SIGKILL)
    until(lambda: site.helpers().get(helper) not in (None, before[helper]), 30, f"{helper} is started again")
    others = {name: pid for name, pid in before.items() if name != helper}
    assert {name: pid for name, pid in site.helpers().items() if name != helper} == others
    until(lambda: app.version(), 20, "the application answers")
    site.wait_ready()
    next_version(app)


def test_killed_postgres_in_the_middle_of_a_deploy(app, deploy_seconds):
    def crash():
        time.sleep(deploy_seconds * 0.4)
        os.kill(app.site.helpers()["postgres"], signal.SIGKILL)
    next_version(app, crash)


def test_killed_dockerd_in_the_middle_of_a_deploy(app, deploy_seconds):
    machine = app.site.machine

    def crash():
        time.sleep(deploy_seconds * 0.5)
        machine.dockerd.kill()
        stays(lambda: app.version(), 2, "the application answers while dockerd is down")
        machine.start_dockerd()
    next_version(app, crash)


def test_no_needless_replacement_while_dockerd_is_away(app):
    machine = app.site.machine
    until(lambda: len(app.running()) == 1, 30, "one container")
    before = [(c["Id"], c["State"]["StartedAt"]) for c in app.running()]
    machine.dockerd.kill()
    time.sleep(4)
    machine.start_dockerd()
    until(lambda: app.version(), 20, "the application answers")
    stays(lambda: [(c["Id"], c["State"]["StartedAt"]) for c in app.running()] == before, 4, "the same container runs")


def test_ordinary_restart_of_nsd_adopts_the_helpers(app):
    site = app.site
    helpers = site.helpers()
    for daemon in site.nsd.values():
        daemon.stop()
        daemon.start()
    site.wait_ready()
    assert site.helpers() == helpers
    next_version(app)
