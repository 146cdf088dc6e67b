"""SIGKILL at random moments under a steady load of pushes: nothing is lost, nothing ends twice, and it converges soon."""
import random
import time

import pytest

from harness.wait import until

from rig.judge import FAILED, judge
from rig.load import Pushes, await_rest, await_versions
from rig.monitor import Monitor, told

APPS = 10
PUSHES_A_SECOND = 5
FEW_PUSHES_A_SECOND = 2  # that two slots build with ease, so that what is measured is the kill
LONGEST_AFTER_LAST_KILL = 15  # seconds; a lost builder's lease comes on top


@pytest.fixture
def site(new_site):
    site = new_site().start()
    for number in range(APPS):
        site.app(f"app-{number}")
    await_versions(site, {app: 1 for app in site.apps}, 120)
    return site


def kill_at_random(site, processes, kills, seed, longest_pause):
    """Kills one of `processes` after random pauses, and starts it again after another. The Monitor's seconds, and how
    long after the last kill all was at rest."""
    chance = random.Random(seed)
    with Monitor(site) as monitor, Pushes(site, PUSHES_A_SECOND, seed) as pushes:
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, longest_pause))
            process = chance.choice(processes)
            monitor.mark()
            site.kill(process)
            time.sleep(chance.choice((0, 0, chance.uniform(0, 1))))
            site.nsd[process].start()
        pushes.stop()
        rest = await_rest(site, 120)
        time.sleep(0.2)  # the monitor's own look
    assert not monitor.open, "marks that were never reached"
    return monitor.seconds, rest, pushes.count


def kill_one_at_a_time(site, processes, kills, seed):
    """The same, but the next is killed only when all that was pushed before the one before runs."""
    chance = random.Random(seed)
    with Monitor(site) as monitor, Pushes(site, FEW_PUSHES_A_SECOND, seed) as pushes:
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1))
            process = chance.choice(processes)
            monitor.mark()
            site.kill(process)
            site.nsd[process].start()
            until(lambda: not monitor.open, 60, lambda: f"converged after a kill of {process}\n{site.logs_tail()}")
        pushes.stop()
        rest = await_rest(site, 120)
    return monitor.seconds, rest, pushes.count


def report(capsys, seconds, rest, pushes, ends, what):
    with capsys.disabled():
        print(f"\n{told(seconds, what)}; at rest {rest:.2f} s after the last; {pushes} pushes, ends of builds {dict(ends)}")


def test_killed_hosts_lose_nothing(site, seed, full, capsys):
    seconds, rest, pushes = kill_at_random(site, ["controller", "controller", "services"], 200 if full else 20, seed, 2 if full else 1)
    ends = judge(site)
    report(capsys, seconds, rest, pushes, ends, "kills of hosts")
    assert ends[FAILED] == 0, ends
    assert rest < LONGEST_AFTER_LAST_KILL


@pytest.mark.full
@pytest.mark.parametrize("process", ["controller", "services"])
def test_convergence_after_one_kill(site, seed, capsys, process):
    """What the tests with many kills cannot measure, since there the next one comes before it is over."""
    seconds, rest, pushes = kill_one_at_a_time(site, [process], 50, seed)
    ends = judge(site)
    report(capsys, seconds, rest, pushes, ends, f"kills of a {process}, one at a time")
    assert ends[FAILED] == 0, ends


def test_killed_builders_lose_nothing(site, seed, full, capsys):
    """Two builders, so that work goes on. A lost attempt is begun again when its lease has run out."""
    site.add_process("builder-2", "builder", data=f"{site.root}/data-2").start()
    seconds, rest, pushes = kill_at_random(site, ["builder", "builder-2"], 100 if full else 5, seed, 4)
    ends = judge(site)
    report(capsys, seconds, rest, pushes, ends, "kills of builders")
    lost = site.sql("SELECT id FROM builds WHERE status = 3 AND (outcome_reason <> 'BuilderLost' OR attempt < 3)")
    assert not lost, f"failed for another reason than three lost builders: {lost}"
    assert rest < LONGEST_AFTER_LAST_KILL + 15
