"""Long-running programs that the harness starts itself."""
import os
import signal
import subprocess

from .wait import until


class Daemon:
    """One program; output in a log file; started and ended as often as a test likes."""

    def __init__(self, name, argv, log_folder, env=None):
        self.name, self.argv, self.env = name, [str(a) for a in argv], env
        self.log = os.path.join(log_folder, name + ".log")
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, env=self.env)
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, number=signal.SIGKILL):
        """Sends the signal and waits for the end."""
        if self.running():
            self.process.send_signal(number)
            self.process.wait(60)

    def stop(self):
        if not self.running():
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"{self.name} did not end within 30 s of SIGTERM")

    def log_tail(self, lines=40):
        try:
            with open(self.log, errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except FileNotFoundError:
            return ""


def start_ready(daemon, ready, seconds=30):
    daemon.start()
    until(lambda: ready() or not daemon.running(), seconds, lambda: f"{daemon.name} ready\n{daemon.log_tail()}")
    assert daemon.running(), f"{daemon.name} ended at once:\n{daemon.log_tail()}"
    return daemon


def processes():
    """(pid, parent, comm, argv) of every process in our namespace."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                stat = file.read()
            with open(f"/proc/{name}/cmdline", "rb") as file:
                argv = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        comm = stat[stat.index("(") + 1:stat.rindex(")")]
        rest = stat[stat.rindex(")") + 2:].split()
        if rest[0] != "Z":
            yield int(name), int(rest[1]), comm, argv
