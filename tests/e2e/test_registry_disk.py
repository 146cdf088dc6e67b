"""The disk of the embedded registry gets smaller again when images are deleted."""
import os

import pytest

from harness.installation import Installation
from harness.repo import app_files
from harness.wait import until

INDEX, LAYER = 7, 8 << 20


@pytest.fixture
def site(machine, binaries, logs):
    site = Installation(machine, "disk", binaries, logs, index=INDEX, registry=f"{{mode: embedded, port: {5000 + INDEX}, collect: 3s}}").start()
    yield site
    site.forget_apps()
    site.stop()


def used(site):
    """Bytes of the registry's images."""
    return sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(f"{site.root}/data/registry/images") for name in names)


def test_deleted_images_leave_the_disk_and_pushes_go_on(site, testapp):
    repo = site.repo("heavy")
    files = app_files(testapp, 1)
    files["Dockerfile"] = files["Dockerfile"].replace("COPY version", "COPY noise /\nCOPY version")
    repo.push({**files, "noise": os.urandom(LAYER)})
    app = site.app_of(repo, "heavy")
    app.wait_version(1)
    other = site.app("light", testapp, version=1)
    other.wait_version(1)
    before = used(site)
    assert before > LAYER
    app.delete()
    until(lambda: used(site) < before - LAYER, 90, lambda: f"{before} bytes get fewer, {used(site)}\n{site.logs_tail()}")
    for version in (2, 3):
        other.push_version(version)
        other.wait_version(version)
    other.stop()
    other.start()
    other.wait_version(3)
