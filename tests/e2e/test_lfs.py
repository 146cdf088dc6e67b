"""An application whose program is kept in Git LFS, on git-lfs's own test server, pushed by git-lfs."""
import glob
import os
import shutil
import subprocess

import pytest

from harness.daemon import Daemon, start_ready
from harness.repo import app_files

TOOLS = os.environ.get("NS_TOOLS", os.path.expanduser("~/.cache/neoshowcase/tools"))
AUTH = {"basic": {"username": "user", "password": "pass"}}


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path) as file:
        return file.read()


class LfsRepo:
    """A repository at that server, and a clone in which `git lfs` works."""

    def __init__(self, folder, url, name, programs):
        self.name, self.url, self.work = name, f"{url}/{name}.git", os.path.join(folder, name)
        self.env = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1"}
        bare = os.path.join(folder, "served", name + ".git")
        os.makedirs(self.work)
        self.git("init", "-q", "--bare", "-b", "main", bare)
        self.git("-C", bare, "config", "http.receivepack", "true")
        self.git("init", "-q", "-b", "main")
        self.git("config", "lfs.locksverify", "false")
        self.git("config", "credential.helper", "!f() { echo username=user; echo password=pass; }; f")
        self.git("lfs", "install", "--local")
        self.git("remote", "add", "origin", self.url)

    def git(self, *args, **env):
        done = subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=test@localhost", *args], cwd=self.work, capture_output=True,
                              text=True, timeout=60, env={**self.env, **env})
        assert done.returncode == 0, f"git {' '.join(args)}: {done.stderr}"
        return done.stdout.strip()

    def push(self, files, **env):
        self.git("lfs", "track", "testapp")
        for path, content in files.items():
            with open(os.path.join(self.work, path), "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(os.path.join(self.work, "testapp"), 0o755)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "files")
        self.git("push", "-q", "origin", "main", **env)
        assert self.git("show", "HEAD:testapp").startswith("version https://git-lfs.github.com/spec/v1"), "the program is a pointer in Git"
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def new_repo(machine, logs):
    """Makes repositories on a server of their own."""
    programs = os.path.dirname(next(iter(glob.glob(f"{TOOLS}/git-lfs-*/bin/lfstest-gitserver")), ""))
    if not programs:
        pytest.skip("git-lfs is not fetched")
    folder = os.path.join(machine.root, "lfs")
    os.makedirs(folder + "/served")
    # It writes its address and what else it makes into its work folder.
    env = {"PATH": "/usr/bin:/bin", "HOME": folder, "LFSTEST_DIR": folder + "/served"}
    server = start_ready(Daemon("lfs-server", ["/bin/sh", "-c", f"cd {folder} && exec {programs}/lfstest-gitserver"], logs, env),
                         lambda: read(folder + "/lfstest-gitserver"))
    yield lambda name: LfsRepo(folder, read(folder + "/lfstest-gitserver"), name, programs)
    server.stop()
    shutil.rmtree(folder)


def test_program_in_lfs_is_in_the_image_and_the_log_says_how_far_it_is(site, new_repo, testapp):
    repo = new_repo("lfs-app")
    commit = repo.push(app_files(testapp, 1))
    app = site.app_of(repo, "lfs-app", repository_id=site.api.CreateRepository(name=repo.name, url=repo.url, auth=AUTH)["id"])
    app.wait_version(1)
    log = app.log(app.build(commit)["id"])
    assert "\n-- LFS: 1 of 1 objects, " in log, log


def test_object_that_was_not_uploaded_fails_the_build_and_says_what_to_do(site, new_repo, testapp):
    repo = new_repo("lfs-lost")
    commit = repo.push(app_files(testapp, 1), GIT_LFS_SKIP_PUSH="1")
    app = site.app_of(repo, "lfs-lost", repository_id=site.api.CreateRepository(name=repo.name, url=repo.url, auth=AUTH)["id"])
    build = app.wait_build(commit, "FAILED")
    assert app.condition("Build")["reason"] == "LfsObjectNotFound", app.conditions()
    assert "git lfs push --all" in app.log(build["id"])
    assert len(app.builds()) == 1, "the source is at fault: it is not tried again"
