"""A process that is stopped for longer than its lease and goes on: what it writes then counts for nothing."""
import os
import signal
import time

from harness.wait import stays, until

from rig.judge import judge
from rig.load import await_versions

LEASE = 15  # seconds, of a build


def builder_of(site, build):
    """The process that has begun that build."""
    def look():
        for process in ("builder", "builder-2"):
            if f"build begins build={build}" in site.nsd[process].log_tail(50):
                return process
        return None
    return until(look, 30, f"build {build} begins\n{site.logs_tail()}")


def test_builder_paused_beyond_its_lease_has_no_say(new_site):
    site = new_site(build_ms=3000).start()
    site.add_process("builder-2", "builder", data=f"{site.root}/data-2").start()
    app = site.app("paused")
    build = until(lambda: site.sql("SELECT id FROM builds WHERE status = 1"), 30, site.logs_tail)[0][0]
    paused = builder_of(site, build)
    until(lambda: site.sql(f"SELECT 1 FROM build_logs WHERE build_id = '{build}'"), 20, "its log has begun")
    os.kill(site.nsd[paused].pid, signal.SIGSTOP)

    await_versions(site, {app: 1}, 3 * LEASE)
    status, attempt = site.sql(f"SELECT status, attempt FROM builds WHERE id = '{build}'")[0]
    assert status == "2" and int(attempt) > 1, (status, attempt)
    before = whole(site, build)
    os.kill(site.nsd[paused].pid, signal.SIGCONT)
    time.sleep(6)  # it finishes its steps, and tries to say so

    assert whole(site, build) == before, "the one that was paused has changed the build"
    ends = site.sql(f"SELECT count(*) FROM harness_builds WHERE build_id = '{build}' AND after >= 2")
    assert ends == [["1"]], "it ended more than once"
    assert site.nsd[paused].running()
    version = site.push(app)
    await_versions(site, {app: version}, 60)
    judge(site)


def whole(site, build):
    """The row of a build and its log, but for times of hints."""
    return site.sql(f"""SELECT status, attempt, image_digest, outcome_reason, finished_at,
        (SELECT string_agg(encode(bytes, 'hex'), '' ORDER BY start_offset) FROM build_logs l WHERE l.build_id = b.id)
        FROM builds b WHERE id = '{build}'""")


def test_paused_host_does_not_bring_back_what_it_had_decided(new_site):
    """A controller is stopped in the middle of an apply. While it sleeps, somebody else moves the application on; when it
    wakes up, its apply bears a fence that is below."""
    site = new_site(apply_ms=1500).start()
    app = site.app("asleep")
    await_versions(site, {app: 1}, 60)
    version = site.push(app)
    until(lambda: site.sql(f"SELECT 1 FROM applications a JOIN releases r ON r.id = a.target_release JOIN builds b ON b.id = r.build_id "
                           f"WHERE a.id = '{app.id}' AND b.commit_hash = a.commit_hash AND r.number > 1"), 30, site.logs_tail, every=0.02)
    time.sleep(0.3)  # within the apply
    os.kill(site.nsd["controller"].pid, signal.SIGSTOP)
    moved = app.accepted()[-1][2] + 5
    site.sql(f"UPDATE applications SET target_generation = {moved} WHERE id = '{app.id}'")
    with open(f"{site.root}/backend/{app.id}", "a", encoding="utf-8") as file:  # as another host's backend would leave it
        file.write(f"generation {moved}\n")
    os.kill(site.nsd["controller"].pid, signal.SIGCONT)
    until(lambda: app.accepted()[-1][3] == "refused" or app.accepted()[-1][2] >= moved, 30, site.logs_tail)
    stays(lambda: int(app.files()["generation"]) >= moved, 2, "the generation does not go back")
    await_versions(site, {app: version}, 60)
    judge(site)
