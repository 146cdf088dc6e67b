"""The database is killed, or its answer to a COMMIT gets lost, under load: nothing is lost and nothing happens twice."""
import random
import threading
import time

import pytest

from harness.wait import until

from rig.judge import FAILED, judge
from rig.load import Pushes, await_rest, await_versions
from rig.monitor import Monitor, told
from rig.pg_proxy import PgProxy

APPS = 6
PUSHES_A_SECOND = 5
FEW_PUSHES_A_SECOND = 2  # that two slots build with ease, so that what is measured is the kill


class Editor:
    """A person who changes a variable again and again. What was acknowledged must stay, or be followed by a later one."""

    def __init__(self, app):
        self.app, self.asked, self.acknowledged = app, 0, 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.edit, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(60)

    def edit(self):
        while not self.stopping.wait(0.2):
            self.asked += 1
            try:
                self.app.call("SetEnvVar", applicationId=self.app.id, key="COUNT", value=str(self.asked))
                self.acknowledged = self.asked
            except Exception:  # unknown: it may have been written or not
                pass

    def judge(self):
        found = int(self.app.files().get("env.COUNT", 0))
        assert self.acknowledged <= found <= self.asked, f"runs with {found}; acknowledged {self.acknowledged}, asked {self.asked}"
        assert self.acknowledged > 0


def with_apps(site):
    for number in range(APPS):
        site.app(f"app-{number}")
    await_versions(site, {app: 1 for app in site.apps}, 120)


def test_lost_commit_answers_lose_and_double_nothing(new_site, rig, seed, full, capsys):
    cuts = 1000 if full else 50
    proxy = PgProxy(rig.postgres.port)
    try:
        site = new_site(dsn=lambda database: rig.postgres.dsn(database, proxy.port)).start()
        with_apps(site)
        with Pushes(site, PUSHES_A_SECOND, seed) as pushes, Editor(site.apps[0]) as editor:
            proxy.cut(cuts)
            until(lambda: proxy.answers_kept >= cuts, 60 + cuts, lambda: f"{proxy.answers_kept} cuts\n{site.logs_tail()}")
            pushes.stop()
        rest = await_rest(site, 120)
        ends = judge(site)
        editor.judge()
        with capsys.disabled():
            print(f"\n{proxy.answers_kept} lost answers to COMMIT among {proxy.commits} commits, {pushes.count} pushes; "
                  f"at rest {rest:.2f} s after; ends of builds {dict(ends)}; {editor.acknowledged} of {editor.asked} edits acknowledged")
        assert ends[FAILED] == 0, ends
        site.stop_processes()
    finally:
        proxy.stop()


def test_killed_postgres_loses_and_doubles_nothing(new_site, rig, seed, full, capsys):
    kills, chance = 100 if full else 3, random.Random(seed)
    site = new_site().start()
    with_apps(site)
    with Monitor(site) as monitor, Pushes(site, PUSHES_A_SECOND, seed) as pushes, Editor(site.apps[0]) as editor:
        for _ in range(kills):
            time.sleep(chance.uniform(0.5, 2))
            monitor.mark()
            rig.postgres.kill()
            time.sleep(chance.uniform(0.2, 2))
            rig.postgres.start()
        pushes.stop()
        rest = await_rest(site, 120)
        time.sleep(0.2)
    assert not monitor.open
    await_rest(site, 60)  # the editor's last change too
    ends = judge(site)
    editor.judge()
    with capsys.disabled():
        print(f"\n{told(monitor.seconds, 'kills of PostgreSQL (its own start is in it)')}; at rest {rest:.2f} s after the last; "
              f"{pushes.count} pushes, ends of builds {dict(ends)}")
    assert all(daemon.running() for daemon in site.nsd.values()), "a database that is lost is survived"
    assert ends[FAILED] == 0, ends


@pytest.mark.full
def test_convergence_after_one_kill_of_postgres(new_site, rig, seed, capsys):
    """What many kills cannot measure, since there the next one comes before it is over."""
    chance = random.Random(seed)
    site = new_site().start()
    with_apps(site)
    with Monitor(site) as monitor, Pushes(site, FEW_PUSHES_A_SECOND, seed) as pushes:
        for _ in range(30):
            time.sleep(chance.uniform(0.5, 2))
            rig.postgres.kill()
            time.sleep(chance.uniform(0.2, 2))
            rig.postgres.start()
            monitor.mark()
            until(lambda: not monitor.open, 60, lambda: f"converged after a kill of PostgreSQL\n{site.logs_tail()}")
        pushes.stop()
        rest = await_rest(site, 120)
    ends = judge(site)
    with capsys.disabled():
        print(f"\n{told(monitor.seconds, 'kills of PostgreSQL, one at a time, from when it answers again')}; at rest {rest:.2f} s after; "
              f"{pushes.count} pushes, ends of builds {dict(ends)}")
    assert ends[FAILED] == 0, ends
