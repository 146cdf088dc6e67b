"""Fixtures of the tests on real processes. They run as root inside `tests/e2e/isolated`, like the end-to-end tests, and
share their harness; they need no Docker."""
import copy
import os
import shutil
import subprocess
import sys
import tempfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness.machine import GitServer  # noqa: E402
from rig.machines import Machine  # noqa: E402
from rig.ports import free_port  # noqa: E402
from rig.postgres import Postgres  # noqa: E402
from rig.site import CONFIG, Site  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the long forms of the tests")
    parser.addoption("--seed", type=int, default=1, help="of everything that is random")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: takes long; runs with --full only")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full"):
        return
    kept = [item for item in items if "full" not in item.keywords]
    config.hook.pytest_deselected(items=[item for item in items if "full" in item.keywords])
    items[:] = kept


class Rig:
    """What all sites of a session share."""

    def __init__(self, root, logs, build):
        self.root, self.logs, self.binaries = root, logs, os.path.join(build, "bin")
        self.plugins = [os.path.join(build, "tests", "faults", "plugins"), os.path.join(build, "lib", "neoshowcase", "plugins")]
        with open(os.path.join(build, "core", "ports", "faults", "generated", "ports", "faults", "points.txt"), encoding="utf-8") as file:
            self.points = file.read().split()
        self.postgres = Postgres(root, logs)
        self.git = GitServer(os.path.join(root, "repos"), os.path.join(root, "git"), logs, port=free_port(), address="0.0.0.0")  # other machines too

    def start(self):
        self.postgres.start()
        self.git.start()
        self.postgres.make_template(self.migrate)
        return self

    def on(self, postgres):
        """The same with another PostgreSQL."""
        other = copy.copy(self)
        other.postgres = postgres
        return other

    def migrate(self, dsn):
        config = os.path.join(self.root, "migrate.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(name="template", root=self.root, data=f"{self.root}/template", dsn=dsn, registry=1, api_port=1, sites_port=1,
                                     plugins=", ".join(self.plugins), apply_ms=0, build_ms=0, slots=1, git_host="127.0.0.1", proxy_secret="secret"))
        done = subprocess.run([f"{self.binaries}/nsd", "migrate", "--config", config], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def stop(self):
        self.git.stop()
        self.postgres.stop()


@pytest.fixture(scope="session")
def logs():
    folder = os.environ.get("NS_FAULTS_LOGS", os.path.join(ROOT, "build", "test-results", "faults-logs"))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chmod(folder, 0o777)
    return folder


@pytest.fixture(scope="session")
def rig(logs):
    root = tempfile.mkdtemp(prefix="ns-faults-", dir="/tmp")
    os.chmod(root, 0o755)
    rig = Rig(root, logs, os.environ.get("NS_BUILD", os.path.join(ROOT, "build", "dev")))
    try:
        yield rig.start()
    finally:
        rig.stop()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def full(request):
    return request.config.getoption("--full")


@pytest.fixture
def seed(request):
    return request.config.getoption("--seed")


@pytest.fixture
def machine():
    """Another machine, which a test may cut off from this one."""
    machine = Machine()
    yield machine
    machine.stop()


@pytest.fixture
def new_site(rig, request):
    """Makes sites that end with the test: new_site(roles, ...) as rig.site.Site; `on`: with a PostgreSQL of their own."""
    sites = []

    def make(*args, on=None, **kwargs):
        test = request.node.name.split("[")[0].removeprefix("test_")
        site = Site(rig.on(on or rig.postgres), f"{test[:24].replace('_', '-')}-{(on or rig.postgres).databases}", *args, **kwargs)
        sites.append(site)
        return site
    yield make
    for site in sites:
        site.stop()
