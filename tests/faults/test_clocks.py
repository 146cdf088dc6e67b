"""Hosts whose wall clocks are minutes apart from each other and from the database's: who is alive, what has expired and who
holds what are questions for the database's clock, so nothing may end early, late or twice."""
import random
import time

from rig.judge import FAILED, judge
from rig.load import Pushes, await_rest, await_versions

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
APPS = 6


def wrong_clock(minutes):
    """The environment of a process whose wall clock is that far from the machine's; its monotonic clock is right."""
    return {"LD_PRELOAD": FAKETIME, "FAKETIME": f"{minutes:+}m", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def holders(site):
    return {name for name, in site.sql("SELECT DISTINCT holder FROM applications WHERE holder IS NOT NULL")}


def test_two_controllers_with_clocks_ten_minutes_apart(new_site, seed, full):
    site = new_site(roles={"services": "services"}, build_ms=300)
    for name, roles, minutes in (("ahead", "controller", 5), ("behind", "controller", -5), ("builder", "builder", 10)):
        site.add_process(name, roles, data=f"{site.root}/data-{name}", env=wrong_clock(minutes))
    site.start()
    for number in range(APPS):
        site.app(f"clock-{number}")
    await_versions(site, {app: 1 for app in site.apps}, 120)

    chance = random.Random(seed)
    seen = holders(site)
    with Pushes(site, 3, seed) as pushes:
        for _ in range(40 if full else 4):
            time.sleep(chance.uniform(0.5, 2))
            killed = chance.choice(("ahead", "behind"))
            site.kill(killed)
            time.sleep(chance.choice((0, 0.5)))
            site.nsd[killed].start()
            seen |= holders(site)
        pushes.stop()
        await_rest(site, 120)
    ends = judge(site)
    assert ends[FAILED] == 0, ends
    assert len(seen) >= 2, f"one controller alone has done it all: {seen}"
    again = site.sql("SELECT id, attempt FROM builds WHERE attempt > 1")
    assert not again, f"taken for lost though the builder was alive all the time: {again}"


def test_the_clocks_are_wrong_indeed(new_site):
    """Else the test above shows nothing: log lines bear the host's wall clock."""
    site = new_site(roles={"all": "controller,builder,services"})
    site.add_process("all", "controller,builder,services", env=wrong_clock(10)).start()
    site.wait_ready()
    line = site.nsd["all"].log_tail(1)
    right = {time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 60 * minute)) for minute in (9, 10, 11)}
    assert any(line.startswith(minute) or minute in line for minute in right), line
