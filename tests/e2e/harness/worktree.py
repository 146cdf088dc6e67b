"""Work trees that are pushed straight to the platform."""
import os
import shutil
import subprocess

TOKENS = "neoshowcase.platform.v1.TokenService"


def make_token(site, name, scope="TOKEN_SCOPE_ADMIN", **more):
    """Of root, who is an admin on the socket: its text."""
    return site.api.call("CreateToken", {"name": name, "scope": scope, "days": 1, **more}, TOKENS)["text"]


class WorkTree:
    """`address`: of the gateway, where it is not the site's plain one."""

    def __init__(self, site, name, address=None, settings=(), env=None):
        self.site, self.name, self.settings, self.env = site, name, settings, env or {}
        self.address = address or f"http://127.0.0.1:{site.api_port}"
        self.folder = os.path.join(site.machine.root, "work", name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.git("init", "-q", "-b", "main")

    def run(self, *words, **env):
        settings = [word for setting in ("user.name=Test", "user.email=test@localhost", *self.settings) for word in ("-c", setting)]
        return subprocess.run(["git", *settings, *words], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "HOME": self.folder, **self.env, **env})

    def git(self, *words, **env):
        done = self.run(*words, **env)
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def commit(self, files, message="change", submodules=None):
        """`submodules`: path -> (URL as .gitmodules has it, commit)."""
        for path, content in files.items():
            with open(os.path.join(self.folder, path), "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
            if path == "testapp":
                os.chmod(os.path.join(self.folder, path), 0o755)
        for path, (url, commit) in (submodules or {}).items():
            self.git("config", "-f", ".gitmodules", f"submodule.{path}.path", path)
            self.git("config", "-f", ".gitmodules", f"submodule.{path}.url", url)
        self.git("add", "-A")
        for path, (url, commit) in (submodules or {}).items():
            self.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def url(self, token=None, name=None):
        scheme, rest = self.address.split("://")
        user = f"any:{token}@" if token else ""
        return f"{scheme}://{user}{rest}/git/{name or self.name}.git"

    def push(self, token, *words, name=None, **env):
        return self.run("push", self.url(token, name), *(words or ["HEAD:main"]), **env)


def repository_of(site, name):
    found = [r for r in site.api.GetRepositories(scope="ALL")["repositories"] if r["url"] == f"ns-git:{name}"]
    return found[0] if found else None
