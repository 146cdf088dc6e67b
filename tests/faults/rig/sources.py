"""Git repositories for load: commits are made in the bare repository itself, many a second."""
import http.client
import json
import os
import subprocess

from harness.repo import AS_GIT


class Source:
    """A bare repository at the Git server whose file `version` counts up with every push."""

    def __init__(self, git, name, address="127.0.0.1"):
        self.name, self.url, self.bare = name, git.url(name, address), os.path.join(git.repos, name + ".git")
        self.version, self.commits = 0, {}
        self.env = {**os.environ, "HOME": git.folder}
        self.run("git", "init", "-q", "--bare", "-b", "main", self.bare)

    def run(self, *argv, input=None):
        done = subprocess.run([*AS_GIT, *argv], input=input, capture_output=True, text=True, cwd="/", env=self.env, timeout=60, check=False)
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def push(self):
        """One more commit on main; its version."""
        version = self.version + 1
        files = {"Dockerfile": "FROM scratch\n", "version": f"{version}\n"}
        stream = (f"commit refs/heads/main\ncommitter Test <test@localhost> {1700000000 + version} +0000\n"
                  f"data {len(str(version))}\n{version}\n")
        if version > 1:
            stream += "from refs/heads/main^0\n"
        for path, text in files.items():
            stream += f"M 644 inline {path}\ndata {len(text)}\n{text}\n"
        self.run("git", "-C", self.bare, "fast-import", "--quiet", "--date-format=raw", input=stream + "done\n")
        commit = self.run("git", "-C", self.bare, "rev-parse", "refs/heads/main").strip()
        self.version, self.commits[commit] = version, version
        return version


def tell_webhook(port, url, timeout=5):
    """What a forge says after a push; whether the platform took it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", "/api/webhook/gitea", json.dumps({"repository": {"clone_url": url}}),
                           {"Content-Type": "application/json", "X-Gitea-Event": "push"})
        return connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
