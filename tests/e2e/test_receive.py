"""git push straight to the platform, with the real git: to the gateway's port as a proxy's user, and by `ns push`."""
import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import threading

import pytest

from harness.installation import App
from harness.repo import app_files
from harness.wait import until

PUSHES = "neoshowcase.platform.v1.PushService"
TOKENS = "neoshowcase.platform.v1.TokenService"


class WorkTree:
    def __init__(self, site, name):
        self.site, self.name = site, name
        self.folder = os.path.join(site.machine.root, "work", name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.git("init", "-q", "-b", "main")

    def run(self, *words, **env):
        return subprocess.run(
            ["git", "-c", "user.name=Test", "-c", "user.email=test@localhost", *words], cwd=self.folder, capture_output=True,
            text=True, timeout=120, env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "HOME": self.folder, **env})

    def git(self, *words, **env):
        done = self.run(*words, **env)
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def commit(self, files, message="change"):
        for path, content in files.items():
            with open(os.path.join(self.folder, path), "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
            if path == "testapp":
                os.chmod(os.path.join(self.folder, path), 0o755)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def url(self, token=None, name=None):
        user = f"any:{token}@" if token else ""
        return f"http://{user}127.0.0.1:{self.site.api_port}/git/{name or self.name}.git"

    def push(self, token, *words, name=None):
        return self.run("push", self.url(token, name), *(words or ["HEAD:main"]))


@pytest.fixture(scope="module")
def token(site_of_session):
    """Of root, who is an admin on the socket."""
    return make_token(site_of_session, "push")


def make_token(site, name, scope="TOKEN_SCOPE_ADMIN", **more):
    made = site.api.call("CreateToken", {"name": name, "scope": scope, "days": 1, **more}, TOKENS)
    return made["text"]


def repository_of(site, name):
    found = [r for r in site.api.GetRepositories(scope="ALL")["repositories"] if r["url"] == f"ns-git:{name}"]
    return found[0] if found else None


def test_push_is_built_and_live_and_so_is_the_next_one(site, testapp, token):
    tree = WorkTree(site, "received")
    commit = tree.commit(app_files(testapp, 1))
    done = tree.push(token)
    assert done.returncode == 0, done.stderr
    repository = repository_of(site, "received")
    app = site.app_of(None, "received", repository_id=repository["id"])
    app.wait_version(1)
    assert app.get()["commit"] == commit
    second = tree.commit({"version": "2\n"})
    assert tree.push(token).returncode == 0
    until(lambda: app.build(second), 3, "a build of the second push")
    app.wait_version(2)
    assert tree.git("ls-remote", tree.url(token), "refs/heads/main").split()[0] == second
    shutil.rmtree(tree.folder + "-clone", ignore_errors=True)
    tree.git("clone", "-q", tree.url(token), tree.folder + "-clone")


def test_ns_push_registers_builds_and_prints_the_url_last(site, testapp):
    tree = WorkTree(site, "Pushed by ns")
    tree.commit(app_files(testapp, 7))
    with open(os.path.join(tree.folder, "left"), "w") as file:
        file.write("not committed")
    done = subprocess.run([f"{site.binaries}/ns", "--server", f"unix:{site.root}/run/api.sock", "push", "--yes"], cwd=tree.folder,
                          capture_output=True, text=True, timeout=120, env={**os.environ, "HOME": tree.folder})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "uncommitted changes" in done.stderr
    host = done.stdout.strip().splitlines()[-1].split("/")[2].split(":")[0]
    status, headers, _ = site.get(host)
    assert (status, headers["X-Version"]) == (200, "7")
    made = [a for a in site.api.GetApplications(scope="ALL")["applications"] if a["websites"][0]["fqdn"] == host]
    site.apps.append(App(site, None, made[0]["id"], host, made[0]["repositoryId"]))
    tree.commit({"version": "8\n"})
    again = subprocess.run([f"{site.binaries}/ns", "--server", f"unix:{site.root}/run/api.sock", "push", "--dirty"],
                           cwd=tree.folder, capture_output=True, text=True, timeout=120, env={**os.environ, "HOME": tree.folder})
    assert again.returncode == 0, again.stdout + again.stderr
    assert site.get(host)[1]["X-Version"] == "8"


def test_strangers_and_weak_tokens_are_refused(site, token):
    tree = WorkTree(site, "guarded")
    tree.commit({"a": "a"})
    nobody = tree.push(None)
    assert nobody.returncode != 0 and "could not read Username" in nobody.stderr, nobody.stderr
    assert tree.push(token).returncode == 0
    wrong = tree.push("nst_" + "0" * 40)
    assert wrong.returncode != 0 and "Authentication failed" in wrong.stderr, wrong.stderr
    reader = tree.push(make_token(site, "reader", "TOKEN_SCOPE_READ"))
    assert reader.returncode != 0 and "remote: the token" in reader.stderr and "of scope read" in reader.stderr, reader.stderr
    for target in ("../../etc", "Upper", "a..b", "x" * 64, ".git", "a%2f..%2fb"):
        bad = tree.run("push", tree.url(token, target), "HEAD:main")
        assert bad.returncode != 0, target
    assert os.listdir(f"{site.root}/data/repositories") == [n for n in os.listdir(f"{site.root}/data/repositories")
                                                            if n.endswith(".git") and "/" not in n and ".." not in n]


def test_git_tells_the_user_what_it_refuses(site, token):
    tree = WorkTree(site, "refusing")
    tree.commit({"a": "a"})
    assert tree.push(token).returncode == 0
    # A tree with a .git in it.
    blob = tree.git("hash-object", "-w", "a")
    bad_tree = subprocess.run(["git", "mktree"], input=f"100644 blob {blob}\t.git\n", cwd=tree.folder, capture_output=True,
                              text=True, check=True).stdout.strip()
    evil = tree.git("commit-tree", "-m", "evil", bad_tree)
    refused = tree.push(token, f"{evil}:refs/heads/evil")
    assert refused.returncode != 0 and "hasDotgit" in refused.stderr, refused.stderr
    # Refs that are none of the two kinds, and the branch that HEAD names.
    assert "hidden ref" in tree.push(token, "HEAD:refs/notes/x").stderr
    assert "deletion of the current branch prohibited" in tree.push(token, ":main").stderr
    tree.git("tag", "v1")
    assert tree.push(token, "v1", "HEAD:other").returncode == 0
    assert tree.push(token, ":other").returncode == 0
    # A history that does not go on from the server's.
    tree.git("commit", "-q", "--amend", "--allow-empty", "-m", "other")
    assert "non-fast-forward" in tree.push(token).stderr or "rejected" in tree.push(token).stderr


def test_pushes_at_once_to_one_branch_have_one_winner(site, token):
    trees = [WorkTree(site, "raced") for _ in range(1)]
    base = trees[0]
    base.commit({"a": "a"})
    assert base.push(token).returncode == 0
    commits = [base.git("commit-tree", "-p", "HEAD", "-m", f"{i}", "HEAD^{tree}") for i in range(4)]
    results = []
    threads = [threading.Thread(target=lambda c=c: results.append((c, base.push(token, f"{c}:main")))) for c in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [c for c, done in results if done.returncode == 0]
    at = base.git("ls-remote", base.url(token), "refs/heads/main").split()[0]
    assert winners == [at], [(c, d.stderr) for c, d in results]


def test_large_pushes_are_streamed_and_cut_ones_leave_nothing(site, token):
    tree = WorkTree(site, "large")
    tree.commit({"noise": os.urandom(24 << 20)})
    done = tree.push(token)
    assert done.returncode == 0, done.stderr
    before = sorted(os.listdir(f"{site.root}/data/repositories/large.git/objects"))
    with contextlib.closing(socket.create_connection(("127.0.0.1", site.api_port))) as client:
        import base64
        basic = base64.b64encode(f"x:{token}".encode()).decode()
        client.sendall((f"POST /git/large.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {basic}\r\n"
                        "Content-Type: application/x-git-receive-pack-request\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "8\r\n00a20000\r\n").encode())
    until(lambda: sorted(os.listdir(f"{site.root}/data/repositories/large.git/objects")) == before, 10, "nothing is left")
    assert tree.push(token, "HEAD:again").returncode == 0


def test_wrong_requests_have_clear_answers(site, token):
    import base64
    basic = "Basic " + base64.b64encode(f"x:{token}".encode()).decode()

    def ask(method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", site.api_port, timeout=10)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode(errors="replace")
        finally:
            connection.close()

    status, headers, _ = ask("GET", "/git/large.git/info/refs?service=git-receive-pack")
    assert status == 401 and headers["www-authenticate"].startswith("Basic "), headers
    assert ask("GET", "/git/large.git/info/refs", Authorization=basic)[0] == 403
    assert ask("GET", "/git/nowhere/info/refs?service=git-upload-pack", Authorization=basic)[0] == 404
    assert ask("POST", "/git/large.git/git-receive-pack", b"0000", Authorization=basic, Content_Type="text/plain")[0] == 400
    status, _, text = ask("POST", "/git/large.git/git-receive-pack", b"zzzz", Authorization=basic,
                          Content_Type="application/x-git-receive-pack-request")
    assert status == 200 and "no request of Git" in text, text
