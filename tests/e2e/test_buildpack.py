"""Push to live by buildpacks: the builder image of the tests, made of the real lifecycle."""
import os
import subprocess

import pytest

from harness.machine import ROOT
from harness.wait import until

BUILDPACK = {"runtimeBuildpack": {"runtimeConfig": {}}}
PROCFILE = "web: httpd -f -p 8080 -h /workspace/public\n"


@pytest.fixture(scope="module")
def builder(site_of_session):
    """Its run image is in the installation's own registry, as an operator would have it."""
    script = os.path.join(ROOT, "tests", "buildpacks", "make_builder.sh")
    done = subprocess.run([script, f"127.0.0.1:{site_of_session.registry_port}", "nsbuilder:1"], capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr


def files(version):
    return {"Procfile": PROCFILE, "needs": "wheels\n", "public/version": f"{version}\n"}


def serves(app, version):
    def look():
        status, _, text = app.fetch("/version")
        return status == 200 and text.strip() == version
    until(look, 60, lambda: f"version {version} serves\n{app.site.logs_tail()}\n{app.builds()}")


def test_push_to_live_and_second_push_with_what_was_kept(site, builder):
    repo = site.repo("buildpack")
    repo.push(files("1"))
    app = site.app_of(repo, "buildpack", config=BUILDPACK)
    serves(app, "1")
    commit = repo.push(files("2"))
    serves(app, "2")
    build = app.wait_build(commit, "SUCCEEDED")
    log = app.log(build["id"])
    assert "taken from the cache" in log, log
    assert "#image process types: web (default)" in log, log
    assert not site.machine.docker("ps", "-aq", "--filter", "name=nsbuildpack-")
    assert not site.machine.docker("volume", "ls", "-q", "--filter", "name=nsbuildpack-")


def test_source_that_no_buildpack_takes_is_told_with_those_that_were_tried(site, builder):
    repo = site.repo("buildpack-none")
    commit = repo.push({"README": "nothing to run\n"})
    app = site.app_of(repo, "buildpack-none", config=BUILDPACK)
    app.wait_build(commit, "FAILED")
    condition = until(lambda: (c := app.condition("Build")) and c.get("reason") == "NoBuildpackFits" and c, 10, "the condition")
    assert "test/procfile@1" in condition["message"], condition
