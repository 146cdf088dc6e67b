"""Builds that fail: status, log and reason each time; the platform's faults are tried again, the source's are not."""
import signal
import time

import pytest

from harness.daemon import Daemon
from harness.installation import Installation
from harness.machine import listening
from harness.repo import app_files
from harness.wait import stays, until

BASE = "FROM nsbase:1\n"


def failing(site, testapp, name, dockerfile, reason, log_has=None, seconds=60):
    """An application whose only build fails for that reason; returns (application, build)."""
    repo = site.repo(name)
    commit = repo.push({"Dockerfile": dockerfile} if dockerfile else {"README": "no Dockerfile here\n"})
    app = site.app_of(repo, name)
    build = app.wait_build(commit, "FAILED", seconds)
    assert reason_of(app) == reason, app.conditions()
    if log_has:
        assert log_has in app.log(build["id"]), app.log(build["id"])[-1000:]
    return app, build


def reason_of(app):
    condition = app.condition("Build") or {}
    return condition.get("reason")


def tried_once(app, build):
    stays(lambda: len(app.builds()) == 1 and app.builds()[0]["id"] == build["id"], 3, "no second build")


def test_missing_dockerfile(site, testapp):
    app, build = failing(site, testapp, "f-missing", None, "DockerfileMissing")
    tried_once(app, build)


def test_command_that_fails(site, testapp):
    app, build = failing(site, testapp, "f-command", BASE + "RUN echo before-it; exit 7\n", "CommandFailed", "before-it")
    tried_once(app, build)


def test_syntax_error_in_the_dockerfile(site, testapp):
    failing(site, testapp, "f-syntax", "FORM scratch\n", "CommandFailed")


def test_retry_after_a_failure_builds_the_commit_again(site, testapp):
    app, first = failing(site, testapp, "f-retry", BASE + "RUN exit 1\n", "CommandFailed")
    app.call("RetryCommitBuild", applicationId=app.id, commit=first["commit"])
    until(lambda: len(app.builds()) == 2 and app.builds()[0]["status"] == "FAILED", 30, "a second build that fails too")
    assert app.call("GetBuild", buildId=first["id"])["retriable"]


def test_out_of_memory(site, testapp):
    doctor = site.ns("doctor").stdout
    hog = BASE + "RUN dd if=/dev/zero of=/dev/null bs=600M count=1\n"
    if "memory" in doctor.lower() and "cannot" in doctor.lower():
        return  # the engine says that it cannot hold the limit here
    failing(site, testapp, "f-memory", hog, "OutOfMemory")


def test_out_of_time(site, testapp):
    began = time.monotonic()
    app, build = failing(site, testapp, "f-time", BASE + "RUN echo waiting; sleep 300\n", "TimedOut", "waiting", seconds=200)
    assert time.monotonic() - began < 240
    until(lambda: not sleeping("300"), 10, "the command is killed")
    tried_once(app, build)


def sleeping(seconds):
    from harness.daemon import processes
    return [pid for pid, _, _, argv in processes() if argv[:2] == ["sleep", seconds]]


def test_cancel_of_a_running_build(site, testapp):
    repo = site.repo("f-cancel")
    commit = repo.push({"Dockerfile": BASE + "RUN echo started-it; sleep 301\n"})
    app = site.app_of(repo, "f-cancel")
    build = app.wait_build(commit, "BUILDING")
    until(lambda: sleeping("301"), 20, "the command runs")
    app.call("CancelBuild", buildId=build["id"])
    app.wait_build(commit, "CANCELLED", 20)
    until(lambda: not sleeping("301"), 10, "the command is killed")
    assert "started-it" in app.log(build["id"])


def test_log_can_be_read_while_it_grows(site, testapp):
    repo = site.repo("f-log")
    commit = repo.push({"Dockerfile": BASE + "RUN echo first-line; sleep 6; echo last-line\nCMD [\"sleep\", \"1000\"]\n"})
    app = site.app_of(repo, "f-log")
    build = app.wait_build(commit, "BUILDING")
    text = until(lambda: "first-line" in (out := site.ns_raw("build", "log", build["id"]).stdout) and out, 10, "the first line")
    # The Dockerfile's own text names both; what the command printed comes on a line of its own.
    assert app.build_status(commit) == "BUILDING" and "first-line" in text
    app.wait_build(commit, ("SUCCEEDED", "FAILED"))


def test_newer_commit_supersedes_a_queued_build(site, testapp):
    repo = site.repo("f-super")
    slow = BASE + "RUN sleep 4\nCOPY testapp version mode /\nCMD [\"/testapp\"]\n"
    repo.push({**app_files(testapp, 1), "Dockerfile": slow})
    app = site.app_of(repo, "f-super")
    until(app.builds, 20, "the first build")
    for version in (2, 3):
        last = app.push_version(version)
    app.wait_version(3, 60)
    assert app.build_status(last) == "SUCCEEDED"
    statuses = {b["status"] for b in app.builds() if b["commit"] != last}
    assert statuses <= {"CANCELLED", "SKIPPED", "SUCCEEDED"}, statuses


@pytest.fixture(scope="module")
def outside_registry(machine, logs):
    config = f"{machine.root}/registry.yml"
    with open(config, "w") as file:
        file.write(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {machine.root}/registry}}, delete: {{enabled: true}}}}\n"
                   "http: {addr: 127.0.0.1:5900}\n")
    registry = Daemon("outside-registry", ["docker-registry", "serve", config], logs).start()
    until(lambda: listening(5900), 10, "registry listens")
    yield registry
    registry.kill()


@pytest.fixture(scope="module")
def registry_site(machine, binaries, logs, outside_registry):
    site = Installation(machine, "outreg", binaries, logs, index=5, registry="{url: \"http://127.0.0.1:5900\", prefix: \"apps/\"}")
    site.start()
    yield site
    site.forget_apps()
    site.stop()


def test_registry_down_and_back_is_tried_again(registry_site, outside_registry, testapp):
    app = registry_site.app("f-registry", testapp)
    app.wait_version(1)
    outside_registry.kill(signal.SIGTERM)
    commit = app.push_version(2)
    waiting = until(lambda: reason_of(app) == "BuildRetrying" and app.condition("Build"), 60,
                    lambda: f"a condition: {app.safe_conditions()}")
    assert "registry did not take" in waiting["message"], waiting
    assert app.version() == "1"
    outside_registry.start()
    app.wait_version(2, 90)
    assert app.build_status(commit) == "SUCCEEDED"
