"""Crash, failure and lost answer at every point of every port that the life of an application passes, each once: it goes
on by itself and ends where an undisturbed run ends."""
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from rig.flow import Life
from rig.judge import judge
from rig.keeper import Keeper

ROLES = {"host": "controller,services", "builder": "builder"}
AT_ONCE = 8          # sites, which mostly wait for leases
CHAINS = 3           # of crashes of the host, one after another in one life each
BUILDS_OF_A_LIFE = 2  # each survives the loss of a builder twice; one loss each leaves room for the unforeseen

# Why the life of an application does not pass a method. Whatever is neither here nor reached fails the test.
NOT_REACHED = {
    "AppStore.SetPin": "nothing is rolled back",
    "BuildEngine.Abort": "only a second attempt has something to clear; the lives that lose a builder pass it",
    "BuildMethod.Detect": "nobody asks what fits a source",
    "BuildStore.Cancel": "no build is cancelled",
    "BuildStore.Expire": "no lease runs out; the lives that lose a builder pass it",
    "BuildStore.ListAll": "no method of the API offers it yet",
    "BuildStore.Renew": "a build may be shorter than the time between renewals",
    "BuildStore.Retry": "no build is asked for again",
    "DeployStore.RaiseEpoch": "the database is never restored",
    "DeployStore.Release": "nothing is rolled back",
    "Backend.Survey": "a life is shorter than the time between two relists",
    "EventStore.After": "nobody follows events",
    "EventStore.Newest": "nobody follows events",
    "EventStore.Touch": "a life is shorter than the time between two relists",
    "Registry.Ping": "the doctor asks it",
    "RepositoryStore.Commits": "commits are read with their repository",
    "RepositoryStore.Delete": "the repository stays",
    "RepositoryStore.Update": "the repository stays as it is",
    "RetentionStore.CondemnImages": "nothing is old enough to be cleaned away",
    "RetentionStore.DropLogs": "nothing is old enough to be cleaned away",
    "RetentionStore.ImagesGone": "nothing is old enough to be cleaned away",
    "RetentionStore.ForgetPurged": "nothing was purged a day ago",
    "Storage.Check": "the host looks at its storage past the failpoints",
    "Storage.Get": "no static site is built",
    "Storage.List": "no static site is built",
    "Storage.Put": "no static site is built",
    "Storage.Remove": "no static site is built",
    "Storage.Stat": "no static site is built",
    "UserStore.Get": "users are known by name",
    "UserStore.Key": "no repository takes a key pair",
    "UserStore.List": "no method of the API offers it yet",
}


def points_in_code(rig):
    """Names of points inside steps, which no port bounds."""
    import glob
    import os
    found = set()
    from conftest import ROOT
    for path in glob.glob(os.path.join(ROOT, "core", "act", "*.cc")):
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r'Failpoint\("([a-z][\w.-]+)"\)', file.read()))
    return sorted(found)


def live(new_site, rules):
    """Runs one life with `rules` (process -> point -> action). (states, hits by process)."""
    site = new_site(ROLES)
    keepers = {process: Keeper(site, process, rules.get(process, {})).start() for process in ROLES}
    try:
        site.wait_ready()
        states = Life(site).run()
        judge(site)
    finally:
        for keeper in keepers.values():
            keeper.end()
    return states, {process: keeper.hits_if_all_went_well() for process, keeper in keepers.items()}


@pytest.fixture(scope="module")
def made(rig):
    """Sites of the whole module."""
    from rig.site import Site
    sites = []

    def make(roles):
        sites.append(None)
        site = Site(rig, f"points-{len(sites)}", roles)
        sites[sites.index(None)] = site
        return site
    yield make
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda site: site.stop(), [s for s in sites if s]))


@pytest.fixture(scope="module")
def reference(rig, made):
    """(states, points that each process passes) of an undisturbed run."""
    everything = {point: "tell" for point in [*rig.points, *points_in_code(rig)]}
    return live(made, {process: everything for process in ROLES})


def test_every_point_is_reached_or_has_a_reason(rig, reference, capsys):
    reached = {point.rsplit(".", 1)[0] for hits in reference[1].values() for point in hits}
    methods = {point.rsplit(".", 1)[0] for point in rig.points}
    assert set(NOT_REACHED) <= methods, f"no such methods: {set(NOT_REACHED) - methods}"
    missing = methods - reached - set(NOT_REACHED)
    with capsys.disabled():
        print(f"\n{len(methods & reached)} of {len(methods)} methods of ports reached; not reached:")
        for method in sorted(methods - reached):
            print(f"  {method}: {NOT_REACHED.get(method, 'WITHOUT A REASON')}")
    assert not missing, f"neither reached nor explained: {sorted(missing)}"


def groups(points, size):
    return [points[at:at + size] for at in range(0, len(points), size)]


def plans(reference, full):
    """Rules of each life: what a host loses it may lose often in one life, a builder once in each build."""
    hits = reference[1]
    crashes = {p: [h for h in hits[p] if not h.endswith(".lost")] for p in ROLES}
    failures = {p: {h: "error@1" for h in hits[p] if h.endswith(".before")} | {h: "lost@1" for h in hits[p] if h.endswith(".lost")}
                for p in ROLES}
    lives = []
    if full:
        lives += [{"host": {point: "crash"}} for point in crashes["host"]]
        lives += [{"host": {point: action}} for point, action in failures["host"].items()]
    else:
        lives += [{"host": {point: "crash" for point in crashes["host"][at::CHAINS]}} for at in range(CHAINS)]
        lives += [{"host": {p: a for p, a in failures["host"].items() if p.endswith(end)}} for end in (".before", ".lost")]
    size = 1 if full else BUILDS_OF_A_LIFE
    lives += [{"builder": {point: "crash" for point in group}} for group in groups(crashes["builder"], size)]
    lives += [{"builder": dict(group)} for group in groups(list(failures["builder"].items()), size)]
    return lives


def test_crash_failure_and_lost_answer_at_every_point(made, reference, full, capsys):
    lives, expected = plans(reference, full), reference[0]
    wanted = {(process, point, action) for rules in lives for process, armed in rules.items() for point, action in armed.items()}

    def run(rules):
        states, hits = live(made, rules)
        differing = {step: (states[step], expected[step]) for step in expected if states[step] != expected[step]}
        assert not differing, f"{rules} ended elsewhere (step: (here, reference)): {differing}"
        return {(process, point, rules[process][point]) for process in rules for point in hits[process] if point in rules[process]}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        hit = set().union(*pool.map(run, lives))
    with capsys.disabled():
        print(f"\n{len(hit)} of {len(wanted)} faults acted in {len(lives)} lives")
    assert hit == wanted, f"did not act, though the reference run passes there: {sorted(wanted - hit)}"
