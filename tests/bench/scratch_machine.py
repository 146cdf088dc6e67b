"""The machine that a benchmark has installations on, and the harness of the end-to-end tests, which can be imported after this."""
import contextlib
import os
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from harness.machine import Machine  # noqa: E402


@contextlib.contextmanager
def scratch_machine():
    """The machine and the folder of its logs; both are gone afterwards."""
    root = tempfile.mkdtemp(prefix="ns-bench-", dir="/tmp")
    os.chmod(root, 0o755)
    logs = os.path.join(root, "logs")
    os.makedirs(logs)
    machine = Machine(root, logs).start()
    try:
        yield machine, logs
    finally:
        machine.stop()
        shutil.rmtree(root, ignore_errors=True)
