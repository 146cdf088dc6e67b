"""`./run` as a user meets it: up, push, up again, down, up, down --purge."""
import os
import subprocess
import urllib.request

import pytest
from harness.daemon import processes
from harness.machine import ROOT
from harness.wait import until

pytestmark = pytest.mark.full
HOME = "/var/lib/ns-e2e-run"
PORTS = ["--http", "8090", "--api", "4090", "--registry", "5090", "--git", "3090"]
NAME = "run-test"


def run(*args, check=True):
    done = subprocess.run([f"{ROOT}/run", *args], capture_output=True, text=True, timeout=1800,
                          env={**os.environ, "NS_HOME": HOME, "NS_INSTALLATION": NAME})
    assert not check or done.returncode == 0, f"run {' '.join(args)}: {done.stdout}\n{done.stderr}"
    return done


def page(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


def ours():
    """name -> pids of the processes that belong to the installation."""
    found = {}
    for pid, _, comm, argv in processes():
        if any(HOME in word for word in argv):
            found.setdefault(comm, set()).add(pid)
    return found


@pytest.fixture
def installed(machine):
    yield machine
    run("down", "--purge", check=False)


def url_of(done):
    last = done.stdout.strip().splitlines()[-1].strip()
    assert last.startswith("http://"), done.stdout
    return last


def push(text):
    work = f"{HOME}-clone"
    subprocess.run(["rm", "-rf", work], check=True)
    try:
        subprocess.run(["git", "clone", "-q", "http://127.0.0.1:3090/sample.git", work], check=True)
        with open(f"{work}/site/index.html", "w") as file:
            file.write(text)
        git = ["git", "-C", work, "-c", "user.name=t", "-c", "user.email=t@localhost"]
        subprocess.run([*git, "commit", "-qam", text], check=True)
        subprocess.run([*git, "push", "-q"], check=True)
    finally:
        subprocess.run(["rm", "-rf", work], check=True)


def test_from_up_to_purge(installed):
    policy = os.path.exists("/usr/sbin/policy-rc.d")
    own_before = set(installed.docker("ps", "-aq").split()), set(installed.docker("network", "ls", "-q").split())
    url = url_of(run("up", *PORTS))
    push("pushed")
    until(lambda: page(url).strip() == "pushed", 60, "the push is live")

    before = ours()
    assert url_of(run("up")) == url
    assert ours() == before, "a second up starts and ends nothing"

    run("down")
    until(lambda: not ours(), 30, lambda: f"nothing runs after down, but {ours()}")
    assert url_of(run("up")) == url
    until(lambda: page(url).strip() == "pushed", 60, "live again after down and up")

    run("down", "--purge")
    assert not ours()
    assert not os.path.exists(HOME)
    left = set(installed.docker("ps", "-aq").split()), set(installed.docker("network", "ls", "-q").split())
    assert left == own_before
    assert "127.0.0.1:5090" not in installed.docker("images")
    assert os.path.exists("/usr/sbin/policy-rc.d") == policy


def test_taken_port_is_said_before_anything_is_done(installed):
    done = run("up", "--git", "3080", check=False)  # the harness's Git server listens there
    assert done.returncode == 1
    assert "port 3080 is taken by nginx" in done.stderr
    assert "./run up --git PORT" in done.stderr
    assert not os.path.exists(HOME)
