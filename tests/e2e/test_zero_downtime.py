"""Twenty redeploys under load through Traefik: no failed request, and no version ever goes back."""
import os

import pytest

from harness.installation import Installation
from harness.load import Load
from harness.wait import until

REDEPLOYS = 20
REQUESTS = 20_000


def no_retry_middleware(site):
    """Traefik's retries must not hide a dropped request."""
    for folder, _, names in os.walk(site.root):
        for name in names:
            if name.endswith((".yml", ".yaml", ".toml", ".json")):
                with open(os.path.join(folder, name), errors="replace") as file:
                    assert "retry:" not in file.read().lower(), f"{folder}/{name} names the retry middleware"


def redeploy_under_load(app, redeploys, requests):
    with Load(app) as load:
        for version in range(2, redeploys + 2):
            app.push_version(version)
            app.wait_version(version, 60)
        until(lambda: len(load.answers) >= requests, 300, lambda: f"{requests} requests, so far {len(load.answers)}")
        until(lambda: len(app.running()) == 1, 60, "drained")
    return load.judge(requests)


def test_redeploys_under_load_drop_nothing(site, testapp):
    app = site.app("zero-downtime", testapp)
    app.wait_version(1)
    no_retry_middleware(site)
    kinds = redeploy_under_load(app, REDEPLOYS, REQUESTS)
    assert kinds["slow"] >= 20 and kinds["post"] >= 1000 and kinds["websocket"] >= 1, kinds


def test_drain_waits_for_an_open_response(site, testapp):
    """A 3 s response that began on the old release ends well, and the old release goes soon after it."""
    app = site.app("drain", testapp)
    app.wait_version(1)
    with Load(app, keep_alive=1, fresh=0, posts=0, slow=6, websocket=False) as load:
        until(lambda: len(load.answers) > 10, 10, "load runs")
        app.push_version(2)
        app.wait_version(2)
        until(lambda: len(app.running()) == 1, 45, "the old release is drained")
    load.judge()


@pytest.fixture(scope="module")
def labels_site(machine, binaries, logs):
    site = Installation(machine, "labels", binaries, logs, index=3, provider="labels").start()
    yield site
    site.forget_apps()
    site.stop()


def test_redeploys_under_load_with_container_labels_drop_nothing(labels_site, testapp):
    app = labels_site.app("labels", testapp)
    app.wait_version(1)
    redeploy_under_load(app, 5, 3000)


@pytest.mark.full
def test_a_hundred_redeploys_under_load_drop_nothing(site, testapp):
    app = site.app("zero-downtime-long", testapp)
    app.wait_version(1)
    redeploy_under_load(app, 100, 100_000)
