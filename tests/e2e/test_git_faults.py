"""Remotes that fail: only that repository waits, the rest goes on."""
import os
import socket
import subprocess
import threading

import pytest

from harness.api import ApiError
from harness.machine import GIT_PORT
from harness.repo import app_files
from harness.wait import stays, until

NO_COMMIT = "0" * 40


class FlakyRemote:
    """A TCP proxy before the Git server: passes, or accepts and then says nothing."""

    def __init__(self, port):
        self.port, self.hanging, self.held = port, False, []
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.hanging:
                self.held.append(client)
                continue
            server = socket.create_connection(("127.0.0.1", GIT_PORT))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(source, target), daemon=True).start()

    @staticmethod
    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()
        for client in self.held:
            client.close()


@pytest.fixture
def remote():
    remote = FlakyRemote(3999)
    yield remote
    remote.close()


def refresh(app):
    try:
        app.call("RefreshRepository", repositoryId=app.repository_id)
    except ApiError as error:
        assert error.code in ("resource_exhausted", "unavailable"), error


def source_fault(app, wanted=None):
    condition = app.condition("Source")
    return condition and not condition.get("ok") and (wanted is None or condition["reason"] in wanted) and condition


def test_ref_that_vanishes(site, testapp):
    repo = site.repo("g-ref")
    repo.push(app_files(testapp, 1))
    repo.git("push", "-q", "origin", "HEAD:release")
    app = site.app_of(repo, "g-ref", ref="release")
    app.wait_version(1)
    repo.git("push", "-q", "origin", "--delete", "release")
    until(lambda: (refresh(app), app.get()["commit"] == NO_COMMIT)[1], 30, "the commit is unknown", every=1)
    condition = until(lambda: source_fault(app), 10, lambda: f"a condition: {app.safe_conditions()}")
    assert "release" in condition["message"], condition
    stays(lambda: app.version() == "1", 2, "the last good release serves")


def test_near_names_of_a_ref_are_not_taken_for_it(site, testapp):
    repo = site.repo("g-near")
    repo.push(app_files(testapp, 7), ref="changes/release")
    repo.push(app_files(testapp, 1), ref="release")
    app = site.app_of(repo, "g-near", ref="release")
    app.wait_version(1)


def test_create_with_a_ref_that_is_not_there_is_refused(site, testapp):
    repo = site.repo("g-noref")
    repo.push(app_files(testapp, 1))
    with pytest.raises(ApiError) as caught:
        site.app_of(repo, "g-noref", ref="nowhere")
    assert caught.value.code == "invalid_argument" and "nowhere" in caught.value.message


def test_repository_gone_and_back(site, testapp):
    app = site.app("g-gone", testapp)
    app.wait_version(1)
    os.rename(app.repo.bare, app.repo.bare + ".away")
    until(lambda: (refresh(app), source_fault(app))[1], 40, lambda: f"a condition: {app.safe_conditions()}", every=1)
    stays(lambda: app.version() == "1", 2, "the last good release serves")
    os.rename(app.repo.bare + ".away", app.repo.bare)
    app.push_version(2)
    app.wait_version(2, 60)
    until(lambda: not source_fault(app), 20, lambda: f"no fault: {app.safe_conditions()}")


def test_hanging_remote_holds_up_nobody_else(site, testapp, remote):
    repo = site.repo("g-hang")
    repo.push(app_files(testapp, 1))
    repo.url = f"http://127.0.0.1:{remote.port}/{repo.name}.git"
    hung = site.app_of(repo, "g-hang")
    hung.wait_version(1)
    remote.hanging = True
    refresh(hung)
    until(lambda: remote.held, 20, "a connection hangs")
    other = site.app("g-well", testapp)
    other.wait_version(1, 30)
    other.push_version(2)
    other.wait_version(2, 30)
    until(lambda: source_fault(hung), 60, lambda: f"a condition: {hung.safe_conditions()}")
    assert hung.version() == "1"
    remote.hanging = False
    repo.git("push", "-q", "origin", "HEAD:main")
    until(lambda: (refresh(hung), not source_fault(hung))[1], 90, lambda: f"no fault: {hung.safe_conditions()}", every=1)


def test_force_push_is_followed(site, testapp):
    app = site.app("g-force", testapp)
    app.wait_version(1)
    app.push_version(2)
    app.wait_version(2)
    app.repo.git("reset", "-q", "--hard", "HEAD~1")
    commit = app.push_version(3)
    app.wait_version(3)
    assert app.get()["commit"] == commit


def test_remote_that_is_no_repository_is_refused(site):
    with pytest.raises(ApiError) as caught:
        site.api.CreateRepository(name="nothing", url=site.machine.git.url("no-such"), auth={"none": {}})
    assert caught.value.code == "invalid_argument", caught.value


def test_git_children_end(site):
    """No child that fetches outlives its deadline."""
    def children():
        done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True)
        return [line for line in done.stdout.splitlines() if "nsd" in line and "git" in line.split()[1:2]]
    until(lambda: not children(), 40, lambda: f"no child left: {children()}")
