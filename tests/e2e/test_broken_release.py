"""A release that does not come up: the old one goes on serving, and the condition says which fault and since when."""
import pytest

from harness.load import Load
from harness.wait import stays, until

FAULTS = {
    "crash": ("ContainerExited", "StartFailed"),
    "exit": ("ContainerExited",),
    "deaf": ("ProbeFailed",),
}


def failing_condition(app):
    return next((c for c in app.conditions().values() if not c.get("ok") and c["type"].lower() in ("deploy", "live")), None)


@pytest.mark.parametrize("mode", FAULTS)
def test_broken_release_leaves_the_old_one_serving(site, testapp, mode):
    app = site.app(f"broken-{mode}", testapp)
    app.wait_version(1)
    with Load(app, slow=1, pace=0.02) as load:
        app.push_version(2, mode=mode)
        condition = until(lambda: (failing_condition(app) or {}).get("reason") in FAULTS[mode] and failing_condition(app), 100,
                          lambda: f"a condition that says {FAULTS[mode]}: {app.safe_conditions()}")
        assert condition["message"] and condition["since"], condition
        stays(lambda: app.version() == "1", 3, "version 1 serves")
    load.judge(100)
    app.push_version(3)
    app.wait_version(3)
    until(lambda: not failing_condition(app), 20, lambda: f"no failing condition: {app.safe_conditions()}")


def test_start_command_that_is_not_there(site, testapp):
    app = site.app("broken-command", testapp)
    app.wait_version(1)
    app.update(config={"runtimeDockerfile": {"dockerfileName": "Dockerfile", "context": ".",
                                             "runtimeConfig": {"entrypoint": "/no/such/program"}}})
    until(lambda: (failing_condition(app) or {}).get("reason") in ("StartFailed", "ContainerExited"), 60,
          lambda: f"a condition: {app.safe_conditions()}")
    assert app.version() == "1"


def test_image_gone_is_named_and_the_old_release_serves(site, testapp):
    """The image of a stopped application vanishes from registry and daemon; starting it says so."""
    app = site.app("broken-image", testapp)
    app.wait_version(1)
    app.stop()
    until(lambda: not app.containers(), 30, "container gone")
    machine = site.machine
    images = [line.split() for line in machine.docker("images", "--digests", "--format", "{{.Repository}} {{.Digest}} {{.ID}}").splitlines()]
    for repository, digest, image in images:
        if app.id in repository:
            name = repository.split("/", 1)[1]
            site.delete_manifest(name, digest)
            machine.docker("rmi", "-f", image, check=False)
    app.start()
    until(lambda: (failing_condition(app) or {}).get("reason") in ("ImageGone", "ImagePullFailed"), 60,
          lambda: f"a condition: {app.safe_conditions()}")
