"""Git repositories, written through HTTP as a user would."""
import os
import subprocess

from .machine import ROOT

AS_GIT = ["setpriv", "--reuid", "www-data", "--regid", "www-data", "--clear-groups"]
DOCKERFILE = """FROM scratch
COPY testapp /testapp
COPY version mode /
EXPOSE 8080
CMD ["/testapp"]
"""


class Repo:
    """A bare repository at the Git server and a clone to commit in."""

    def __init__(self, machine, name, hook_url=None):
        self.name, self.machine = name, machine
        self.url = machine.git.url(name)
        self.bare = os.path.join(machine.repos, name + ".git")
        self.work = os.path.join(machine.root, "work", name)
        subprocess.run([*AS_GIT, "git", "init", "-q", "--bare", "-b", "main", self.bare], check=True, cwd="/")
        subprocess.run([*AS_GIT, "git", "-C", self.bare, "config", "http.receivepack", "true"], check=True,
                       env={**os.environ, "HOME": machine.git.folder}, cwd="/")
        if hook_url:
            self.hook(hook_url)
        os.makedirs(self.work)
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", self.url)

    def hook(self, webhook):
        path = os.path.join(self.bare, "hooks", "post-receive")
        with open(path, "w") as file:
            file.write("#!/bin/sh\ncurl -s -m 5 -o /dev/null -X POST -H 'Content-Type: application/json' "
                       "-H 'X-Gitea-Event: push' "
                       f"-d '{{\"repository\":{{\"clone_url\":\"{self.url}\"}}}}' {webhook}\n")
        os.chmod(path, 0o755)

    def git(self, *args):
        done = subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=test@localhost", *args], cwd=self.work,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"git {' '.join(args)}: {done.stderr}"
        return done.stdout.strip()

    def write(self, files):
        """Contents by path; None removes; bytes or text. Programs get their bits by a name in bin/ or `testapp`."""
        for path, content in files.items():
            full = os.path.join(self.work, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if content is None:
                os.remove(full)
                continue
            with open(full, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
            if path == "testapp" or path.startswith("bin/") or path.endswith(".sh"):
                os.chmod(full, 0o755)

    def commit(self, files, message="change"):
        """Commits without pushing; returns the hash."""
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, files, message="change", ref="main"):
        """Commits, pushes (the hook tells the platform), returns the hash."""
        commit = self.commit(files, message)
        self.git("push", "-q", "-f", "origin", f"HEAD:{ref}")
        return commit


def app_files(testapp, version, mode="serve"):
    """The sources of the test application, for a Dockerfile build."""
    with open(testapp, "rb") as file:
        binary = file.read()
    return {"Dockerfile": DOCKERFILE, "testapp": binary, "version": f"{version}\n", "mode": f"{mode}\n"}


def build_testapp(folder):
    """The static binary, compiled once for each state of its source."""
    source = os.path.join(ROOT, "tests/e2e/app/testapp.cc")
    target = os.path.join(folder, "testapp")
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["g++", "-std=c++20", "-O1", "-s", "-static", "-o", target, source, "-pthread"], check=True)
    return target
