"""An older dump of the database is restored, as after a lost disk: what runs goes on, nothing is taken for an orphan, and
applies go on, by a new epoch."""
import pytest

from harness.wait import stays, until

from rig.judge import judge_backend
from rig.load import await_versions


def epoch_of(site):
    return int(site.sql("SELECT epoch FROM installation")[0][0])


def removals(app):
    return [call for call in app.accepted() if call[0] == "remove"]


@pytest.mark.parametrize("hosts", ["go-on", "are-stopped"])
def test_restored_older_database_removes_nothing_and_applies_go_on(new_site, hosts):
    site = new_site().start()
    kept, moved = site.app("kept"), site.app("moved")
    await_versions(site, {kept: 1, moved: 1}, 60)
    dump = f"{site.root}/dump"
    site.rig.postgres.dump(site.database, dump)
    epoch = epoch_of(site)

    # What the dump does not know: two more releases, a variable, an application.
    for _ in range(2):
        await_versions(site, {moved: site.push(moved)}, 60)
    moved.call("SetEnvVar", applicationId=moved.id, key="LATER", value="1")
    until(lambda: moved.files().get("env.LATER") == "1", 30, lambda: f"the variable is there: {moved.files()}")
    unknown = site.app("unknown")
    await_versions(site, {unknown: 1}, 60)
    highest = max(call[1:3] for call in moved.accepted())

    if hosts == "are-stopped":
        site.stop_processes()
    site.rig.postgres.restore(site.database, dump)
    if hosts == "are-stopped":
        site.start()
    site.wait_ready()

    # The remote still has the commits: they are built and deployed again, above every fence of before.
    await_versions(site, {moved: 3, kept: 1}, 90)
    until(lambda: "env.LATER" not in moved.files(), 30, lambda: f"the variable is as the dump has it: {moved.files()}\n{site.logs_tail(200)}")
    assert epoch_of(site) > epoch
    assert max(call[1:3] for call in moved.accepted() if call[3] == "accepted") > highest
    await_versions(site, {kept: site.push(kept), moved: site.push(moved)}, 60)
    stays(lambda: unknown.files().get("running") == "1", 12, "whom the database does not know goes on running")
    assert not [app.name for app in site.apps if removals(app)]
    site.apps.remove(unknown)
    judge_backend(site)
