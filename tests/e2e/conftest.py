"""Fixtures of the end-to-end tests. They run as root inside `tests/e2e/isolated` (see there), once per session."""
import os
import shutil
import tempfile

import pytest

from harness.installation import Installation
from harness.machine import ROOT, Machine
from harness.repo import build_testapp

BASE_IMAGE = "nsbase:1"


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="also run the tests that take long")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: takes long; runs with --full only")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full"):
        return
    kept = [item for item in items if "full" not in item.keywords]
    config.hook.pytest_deselected(items=[item for item in items if "full" in item.keywords])
    items[:] = kept


@pytest.fixture(scope="session")
def logs():
    folder = os.environ.get("NS_E2E_LOGS", os.path.join(ROOT, "build", "test-results", "e2e-logs"))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chmod(folder, 0o777)
    return folder


@pytest.fixture(scope="session")
def binaries():
    return os.environ.get("NS_BIN", os.path.join(ROOT, "build", "dev", "bin"))


@pytest.fixture(scope="session")
def testapp():
    return build_testapp(os.path.join(ROOT, "build", "e2e"))


@pytest.fixture(scope="session")
def machine(logs):
    root = tempfile.mkdtemp(prefix="ns-e2e-", dir="/tmp")
    os.chmod(root, 0o755)
    machine = Machine(root, logs).start()
    machine.import_base(BASE_IMAGE)
    yield machine
    machine.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def site_of_session(machine, binaries, logs):
    site = Installation(machine, "one", binaries, logs).start()
    yield site
    site.stop()


@pytest.fixture
def site(site_of_session):
    """The installation that most tests share; the applications a test made are given up at its end, and none may have ended it."""
    yield site_of_session
    ended = site_of_session.revive()
    site_of_session.forget_apps()
    assert not ended, ended
