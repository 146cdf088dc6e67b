"""git push straight to the platform, with the real git: to the gateway's port as a proxy's user, and by `ns push`."""
import base64
import contextlib
import glob
import http.client
import os
import shutil
import socket
import subprocess
import threading

import pytest

from harness.installation import App
from harness.repo import DOCKERFILE, app_files
from harness.wait import until
from harness.worktree import TOKENS, WorkTree, make_token, repository_of

AUDIT = "neoshowcase.platform.v1.AuditService"
TOOLS = os.environ.get("NS_TOOLS", os.path.expanduser("~/.cache/neoshowcase/tools"))


@pytest.fixture(scope="module")
def token(site_of_session):
    """Of root, who is an admin on the socket."""
    return make_token(site_of_session, "push")


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


def test_ns_push_shows_the_token_of_the_login(site, token):
    tree = WorkTree(site, "logged-in")
    commit = tree.commit({"a": "a"})
    env = {key: value for key, value in os.environ.items() if not key.startswith("NS_") and key != "XDG_CONFIG_HOME"} | {"HOME": tree.folder}

    def ns(*words, **more):
        return subprocess.run([f"{site.binaries}/ns", *words], cwd=tree.folder, capture_output=True, text=True, timeout=60, env=env, **more)

    done = ns("login", tree.address, "--token-file", "-", input=token)
    assert done.returncode == 0, done.stderr
    done = ns("push", "--no-deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert tree.git("ls-remote", tree.url(token), "refs/heads/main").split()[0] == commit


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
    left = set(os.listdir(f"{site.root}/data/repositories")) - {".hooks"}
    assert all(name.endswith(".git") and ".." not in name for name in left), left


def told(site, name):
    """(outcome, reason) of pushes to that repository in the audit log, newest first."""
    events = site.api.call("ListAuditEvents", {"object": repository_of(site, name)["id"], "method": "git/receive-pack"}, AUDIT)["events"]
    return [(event["outcome"], event.get("reason", "")) for event in events]


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
    assert told(site, "refusing")[:2] == [("invalid_argument", "ObjectsRefused"), ("ok", "")]
    # Refs that are none of the two kinds, and the branch that HEAD names.
    assert "hidden ref" in tree.push(token, "HEAD:refs/notes/x").stderr
    assert "deletion of the current branch prohibited" in tree.push(token, ":main").stderr
    assert told(site, "refusing")[0] == ("failed_precondition", "RefRefused")
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
        basic = base64.b64encode(f"x:{token}".encode()).decode()
        client.sendall((f"POST /git/large.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {basic}\r\n"
                        "Content-Type: application/x-git-receive-pack-request\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "8\r\n00a20000\r\n").encode())
    until(lambda: sorted(os.listdir(f"{site.root}/data/repositories/large.git/objects")) == before, 10, "nothing is left")
    assert tree.push(token, "HEAD:again").returncode == 0


def test_wrong_requests_have_clear_answers(site, token):
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


def test_revoked_token_ends_a_push_that_is_under_way(site, token):
    tree = WorkTree(site, "revoked")
    tree.commit({"a": "a"})
    assert tree.push(token).returncode == 0
    before = tree.git("rev-parse", "HEAD")
    after = tree.commit({"a": "b"})
    made = site.api.call("CreateToken", {"name": "brief", "scope": "TOKEN_SCOPE_DEPLOY", "days": 1}, TOKENS)
    basic = base64.b64encode(f"x:{made['text']}".encode()).decode()
    command = f"{before} {after} refs/heads/main\0report-status side-band-64k".encode()
    pack = subprocess.run(["git", "pack-objects", "--all", "--stdout", "-q"], cwd=tree.folder, capture_output=True, check=True,
                          stdin=subprocess.DEVNULL).stdout
    body = b"%04x" % (len(command) + 4) + command + b"0000" + pack
    with contextlib.closing(socket.create_connection(("127.0.0.1", site.api_port), 30)) as client:
        client.sendall((f"POST /git/revoked.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {basic}\r\n"
                        f"Content-Type: application/x-git-receive-pack-request\r\nContent-Length: {len(body)}\r\n"
                        "Connection: close\r\n\r\n").encode() + body[:-10])
        objects = f"{site.root}/data/repositories/revoked.git/objects"
        until(lambda: glob.glob(f"{objects}/*tmp_objdir*"), 10, "the push is under way")
        site.api.call("RevokeToken", {"tokenId": made["token"]["id"]}, TOKENS)
        client.sendall(body[-10:])
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert b"200 OK" in answer and b"token" in answer and b"ng refs/heads/main pre-receive hook declined" in answer, answer
    assert tree.git("ls-remote", tree.url(token), "refs/heads/main").split()[0] == before
    assert told(site, "revoked")[0][0] == "unauthenticated", told(site, "revoked")


def test_submodule_beside_it_is_in_the_image(site, testapp, token):
    lib = WorkTree(site, "beside-lib")
    part = lib.commit({"version": "31\n"})
    assert lib.push(token).returncode == 0
    tree = WorkTree(site, "beside-app")
    files = app_files(testapp, 1) | {"Dockerfile": DOCKERFILE.replace("COPY version mode /", "COPY lib/version mode /")}
    tree.commit(files, submodules={"lib": ("../beside-lib.git", part)})
    assert tree.push(token).returncode == 0
    site.app_of(None, "beside-app", repository_id=repository_of(site, "beside-app")["id"]).wait_version(31)
    commit = tree.commit({}, submodules={"lib": ("../nobodys.git", part)})
    assert tree.push(token).returncode == 0
    site.apps[-1].wait_build(commit, "FAILED")
    assert site.apps[-1].condition("Build")["reason"] == "RepositoryNotFound", site.apps[-1].conditions()


def test_git_lfs_is_told_that_its_objects_are_not_kept(site, token):
    programs = os.path.dirname(next(iter(glob.glob(f"{TOOLS}/git-lfs-*/bin/git-lfs")), ""))
    if not programs:
        pytest.skip("git-lfs is not fetched")
    tree = WorkTree(site, "large-files")
    path = {"PATH": f"{programs}:/usr/bin:/bin"}
    tree.git("lfs", "install", "--local", **path)
    tree.git("lfs", "track", "*.bin", **path)
    with open(f"{tree.folder}/a.bin", "wb") as file:
        file.write(os.urandom(1000))
    tree.git("add", "-A", **path)
    tree.git("commit", "-qm", "large", **path)
    refused = tree.push(token, **path)
    assert refused.returncode != 0 and "keeps no Git LFS objects" in refused.stderr, refused.stderr
    assert tree.git("ls-remote", tree.url(token)) == "", "nothing was pushed"
