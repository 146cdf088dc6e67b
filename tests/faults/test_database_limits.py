"""A database that answers and takes no writes: its disk is full, it is read-only, it is a standby. What runs goes on, everybody
is told why nothing else does, and with the first write that is taken again all goes on by itself."""
import os
import signal
import subprocess
import time

import pytest

from harness.api import ApiError
from harness.wait import stays, until

from rig.judge import FAILED, judge
from rig.load import Pushes, await_rest, await_versions
from rig.postgres import Postgres

APPS = 4
SMALL = {"max_wal_size": "8MB", "min_wal_size": "4MB", "max_connections": "60"}


class SmallDisk:
    """A disk in memory of a few megabytes."""

    def __init__(self, folder, megabytes):
        self.folder, self.filler = folder, os.path.join(folder, "filler")
        os.makedirs(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", folder], check=True)

    def fill(self):
        """To the last byte."""
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    pass

    def free(self):
        os.remove(self.filler)

    def stop(self):
        subprocess.run(["umount", "-l", self.folder], check=True)
        os.rmdir(self.folder)


@pytest.fixture
def disk(rig):
    disk = SmallDisk(f"{rig.root}/small", 200)
    yield disk
    disk.stop()


def open_folder(path):
    """One that PostgreSQL's account may write to."""
    os.makedirs(path)
    os.chmod(path, 0o777)
    return path


@pytest.fixture
def own_postgres(rig, logs):
    """Makes PostgreSQLs that end with the test, ready for sites."""
    made = []

    def make(folder, name, **options):
        made.append(Postgres(folder, logs, name, **options).start())
        if "of" not in options:
            made[-1].make_template(rig.migrate)
        return made[-1]
    yield make
    for postgres in made:
        postgres.kill()


def with_apps(site):
    site.start()
    for number in range(APPS):
        site.app(f"app-{number}")
    await_versions(site, {app: 1 for app in site.apps}, 120)
    return site


def refused(site, value):
    """What a person is told who wants to write something that needs room; None if it was taken."""
    try:
        site.apps[0].call("SetEnvVar", applicationId=site.apps[0].id, key="WIDE", value=value)
        return None
    except ApiError as error:
        assert error.code == "unavailable", error
        return f"{error} {error.details}"


def goes_on_meanwhile(site, seconds):
    """What ran goes on running, and so do all processes."""
    running = {app: app.version() for app in site.apps}
    stays(lambda: all((app.version() or 0) >= running[app] for app in site.apps), seconds, "applications go on running")
    ended = [daemon.name for daemon in site.nsd.values() if not daemon.running()]
    assert not ended, f"a database that takes no writes is survived: {ended}\n{site.logs_tail()}"


def all_well(site, pushes, capsys, what):
    rest = await_rest(site, 120)
    assert refused(site, "taken again") is None
    until(lambda: site.apps[0].files().get("env.WIDE") == "taken again", 60, site.logs_tail)
    await_rest(site, 60)
    ends = judge(site)
    with capsys.disabled():
        print(f"\n{what}: at rest {rest:.2f} s after; {pushes.count} pushes, ends of builds {dict(ends)}")
    assert ends[FAILED] == 0, ends


def test_full_disk_is_told_and_loses_nothing(disk, own_postgres, new_site, rig, seed, capsys):
    """Of the data alone, so that PostgreSQL goes on and refuses what needs room."""
    log = open_folder(f"{rig.root}/roomy")
    postgres = own_postgres(disk.folder, "pg-full", initdb=("--wal-segsize=1", f"--waldir={log}/wal"), **SMALL)
    site = with_apps(new_site(on=postgres))
    with Pushes(site, 3, seed) as pushes:
        disk.fill()
        told = until(lambda: refused(site, os.urandom(20_000).hex()), 30, "a write that needs room is refused")
        assert "DatabaseFull" in told and "make room" in told, told
        goes_on_meanwhile(site, 8)
        assert postgres.daemon.running() and site.api.GetApplication(id=site.apps[0].id)["id"], "it can be read"
        disk.free()
        pushes.stop()
    all_well(site, pushes, capsys, "a full disk of the data")


def test_full_disk_of_the_write_ahead_log_loses_nothing(disk, own_postgres, new_site, rig, seed, capsys):
    """PostgreSQL ends in the middle of what it does, and does not come up again before there is room."""
    log = open_folder(f"{disk.folder}/log")
    postgres = own_postgres(f"{rig.root}/roomy", "pg-full", initdb=("--wal-segsize=1", f"--waldir={log}/wal"), **SMALL)
    site = with_apps(new_site(on=postgres))
    with Pushes(site, 3, seed) as pushes:
        disk.fill()
        until(lambda: refused(site, os.urandom(20_000).hex()) and not postgres.answers(), 60, "PostgreSQL ends for want of room")
        goes_on_meanwhile(site, 5)
        disk.free()
        postgres.start()
        pushes.stop()
    all_well(site, pushes, capsys, "a full disk of the write-ahead log")


def test_read_only_server_is_told_and_loses_nothing(own_postgres, new_site, rig, seed, capsys):
    postgres = own_postgres(f"{rig.root}/read-only", "pg-read-only")
    site = with_apps(new_site(on=postgres))

    def read_only(value):
        postgres.sql("postgres", f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        postgres.sql("postgres", "SELECT pg_reload_conf()")
    with Pushes(site, 3, seed) as pushes:
        time.sleep(1)
        read_only("on")
        told = until(lambda: refused(site, "refused"), 30, "a write is refused")
        assert "DatabaseReadOnly" in told and "allow writes" in told, told
        goes_on_meanwhile(site, 15)  # longer than a lease
        assert site.api.GetApplication(id=site.apps[0].id)["id"], "it can be read"
        read_only("off")
        pushes.stop()
    all_well(site, pushes, capsys, "a read-only server")


def test_standby_that_is_promoted_later_is_told_and_loses_nothing(own_postgres, new_site, rig, seed, capsys):
    """The primary is stopped in order, so that the standby has all; for a while nobody may write."""
    primary = own_postgres(f"{rig.root}/primary", "pg-primary")
    standby = own_postgres(f"{rig.root}/standby", "pg-standby", of=primary)
    site = new_site(on=primary, dsn=lambda name: f"host=127.0.0.1,127.0.0.1 port={primary.port},{standby.port} dbname={name} "
                                                 "user=neoshowcase sslmode=disable")
    with_apps(site)
    with Pushes(site, 3, seed) as pushes:
        time.sleep(1)
        primary.kill(signal.SIGINT)
        told = until(lambda: refused(site, "refused"), 30, "a write is refused")
        until(lambda: "DatabaseReadOnly" in (refused(site, "refused") or ""), 30, told)
        goes_on_meanwhile(site, 5)
        standby.sql("postgres", "SELECT pg_promote()")
        site.rig = rig.on(standby)
        pushes.stop()
    all_well(site, pushes, capsys, "a standby that is promoted")
