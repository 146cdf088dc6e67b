"""What is wrong from the start is refused with a reason and an exit code; what goes wrong for one application is not felt by others."""
import os
import subprocess
import time

import pytest

from harness.wait import stays, until

from rig.judge import judge
from rig.load import await_versions
from rig.ports import free_port


def run_nsd(site, process, *arguments, seconds=60):
    """(exit code, standard error) of an `nsd` that is expected to end by itself."""
    done = subprocess.run([f"{site.rig.binaries}/nsd", "--config", site.config(process), *arguments], capture_output=True, text=True,
                          timeout=seconds, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("roles, why", [("controler", "no such role"), ("controller,nothing", "no such role")])
def test_unknown_roles_are_refused(new_site, roles, why):
    code, errors = run_nsd(new_site(), "controller", "--roles", roles)
    assert code == 2 and why in errors, (code, errors)


def test_failpoints_that_there_are_not_are_refused(new_site, monkeypatch):
    site = new_site()
    for spec, why in (("AppStore.Nothing.before=crash", "no such point"), ("AppStore.Get.before=boom", "want NAME="),
                      ("AppStore.Get.after=error", "no such action")):
        monkeypatch.setenv("NS_FAILPOINTS", spec)
        code, errors = run_nsd(site, "controller", "--roles", "controller")
        assert code == 2 and why in errors, (code, errors)


def test_unreachable_database_is_refused(new_site, rig):
    site = new_site(dsn=lambda database: rig.postgres.dsn(database, free_port()))
    begin = time.monotonic()
    code, errors = run_nsd(site, "controller", "--roles", "controller")
    assert code == 1 and "database" in errors and "Connection refused" in errors, (code, errors)
    assert time.monotonic() - begin < 45


def test_database_without_schema_is_refused(new_site, rig):
    rig.postgres.sql("postgres", "CREATE DATABASE empty")
    code, errors = run_nsd(new_site(dsn=lambda _: rig.postgres.dsn("empty")), "controller", "--roles", "controller")
    rig.postgres.sql("postgres", "DROP DATABASE empty")
    assert code == 1 and "nsd migrate" in errors, (code, errors)


@pytest.mark.parametrize("text, mode, why", [("not a key file\n", 0o600, "Base64"), ("# nothing\n", 0o600, "lacks"),
                                             (None, 0o644, "chmod 600")])
def test_wrong_key_file_is_refused(new_site, text, mode, why):
    site = new_site().start()
    site.stop_processes()
    key = f"{site.root}/key"
    if text is not None:
        with open(key, "w", encoding="utf-8") as file:
            file.write(text)
    os.chmod(key, mode)
    code, errors = run_nsd(site, "controller", "--roles", "controller")
    assert code == 1 and why in errors and key in errors, (code, errors)


def test_application_whose_row_cannot_be_reconciled_is_not_felt_by_others(new_site):
    site = new_site().start()
    bad, good = site.app("bad"), site.app("good")
    await_versions(site, {bad: 1, good: 1}, 60)
    # A command that no shell splits: the API would never let it in.
    site.sql(f"UPDATE applications SET command = 'echo \"unfinished', restart_nonce = restart_nonce + 1, updated_at = now() "
             f"WHERE id = '{bad.id}'")
    for _ in range(3):
        await_versions(site, {good: site.push(good)}, 30)
    until(lambda: problem_of(site, bad), 30, lambda: f"the bad one says so\n{site.logs_tail()}")
    stays(lambda: bad.version() == 1, 1, "what ran goes on running")
    site.sql(f"UPDATE applications SET command = '', updated_at = now() WHERE id = '{bad.id}'")
    await_versions(site, {bad: site.push(bad)}, 60)
    judge(site)


def problem_of(site, app):
    return site.sql(f"SELECT kind, reason, message FROM conditions WHERE subject = 0 AND subject_id = '{app.id}' AND NOT ok")
