"""Crash, failure and lost answer at every point of every port that the life of an application passes, each once: it goes
on by itself and ends where an undisturbed run ends."""
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from rig.flow import Life
from rig.judge import judge
from rig.keeper import Keeper

ROLES = {"host": "controller,services,ssgen", "builder": "builder"}
AT_ONCE = 8          # sites, which mostly wait
CHAINS = 3           # lives for each kind of fault of the host, which meets them one after another
BUILDS_OF_A_LIFE = 2  # each survives the loss of a builder twice; one loss each leaves room for the unforeseen

# Why the life of an application does not pass a method. Whatever is neither here nor reached fails the test, and so does
# what is here and reached.
def methods_of(part, names, why):
    return {f"{part}.{name}": why for name in names.split()}


# A life is that of one owner on the Unix socket, who pushes to a Git server and follows by polling.
NOT_REACHED = {
    "Registry.Ping": "the doctor asks it, a process of its own",
    "SiteServer.Reload": "a server that is started with other settings takes them up by itself",
    "SiteServer.Render": "nobody but tests wants the text alone",
    "Storage.Check": "the host looks at its storage past the failpoints",
    "TotalsStore.Count": "asked for by /metrics alone",
    **methods_of("UsageStore", "Put Told", "the backend of these tests counts nothing"),
    "UsageStore.Series": "no life asks what it has used",
    "UserStore.List": "no life asks who there is",
    "AuditStore.List": "no life reads the audit log",
    "EventStore.Reaches": "no life watches",
    **methods_of("RepositoryStore", "Commits Delete Update", "no life changes its repository"),
    **methods_of("ListingStore", "AppsOf Builds LastDurations Places", "no life lists builds of all, the queue, commits, or what stands in the way of a deletion"),
    "RepositoryStore.PinHostKeys": "the one SSH host of a life answers nobody",
    **methods_of("AdminStore", "Grant List Withdraw", "root on the socket needs no grant"),
    **methods_of("TokenStore", "Find Insert List NoteUse Revoke", "the socket says who calls"),
    **methods_of("UserKeyStore", "Add List Remove", "nobody logs in by SSH"),
    **methods_of("RepeatStore", "Abandon Begin Finish", "no life sends idempotency keys"),
    **methods_of("GitReceive", "Create Has Remove Serve Tidy", "it pushes to a Git server"),
    **methods_of("ByteExchange", "Give Take", "it pushes to a Git server"),
    **methods_of("ReceivedStore", "Find Forget Insert", "it pushes to a Git server"),
}
# Only a second attempt has something to clear, only a static site an artifact, and only a whole life asks what fits: its first builds
# have none of it.
LATE = ("BuildEngine.Abort.", "BuildDesk.PutArtifact.", "BuildDesk.AnswerDetection.", "BuildMethod.Detect.", "DetectionStore.", "Storage.", "build.packed")


def points_in_code(rig):
    """Names of points inside steps, which no port bounds."""
    import glob
    import os
    found = set()
    from conftest import ROOT
    for path in glob.glob(os.path.join(ROOT, "core", "act", "*.cc")) + glob.glob(os.path.join(ROOT, "ssgen", "*.cc")):
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r'Failpoint\("([a-z][\w.-]+)"\)', file.read()))
    return sorted(found)


def live(new_site, rules, hasten=True):
    """Runs one life with `rules` (process -> point -> action), as much of it as passes them. `hasten`: nobody waits for the
    leases of a builder that has crashed. (states, hits by process)."""
    site = new_site(ROLES)
    died = {"host": lambda: None, "builder": site.give_up_builders if hasten else lambda: None}
    keepers = {process: Keeper(site, process, rules.get(process, {}), died[process]).start() for process in ROLES}
    try:
        site.wait_ready()
        states = Life(site, keepers).run(whole="host" in rules or any(p.startswith(LATE) for p in rules["builder"]))
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
    inside = set(points_in_code(rig)) - {point for hits in reference[1].values() for point in hits}
    assert not inside, f"points inside steps that no life passes: {sorted(inside)}"
    with capsys.disabled():
        print(f"\n{len(methods & reached)} of {len(methods)} methods of ports reached; not reached:")
        for method in sorted(methods - reached):
            print(f"  {method}: {NOT_REACHED.get(method, 'WITHOUT A REASON')}")
    assert not reached & set(NOT_REACHED), f"reached after all: {reached & set(NOT_REACHED)}"
    assert not missing, f"neither reached nor explained: {sorted(missing)}"


def groups(points, size):
    """Of points that lie far apart, so that no build of a life meets all of its faults."""
    count = -(-len(points) // size)
    return [points[at::count] for at in range(count)]


def failures(points):
    """Rules of the two kinds: who fails before a call does not pass what is lost after it, where it is made once."""
    return ([(p, "error@1") for p in points if p.endswith(".before")], [(p, "lost@1") for p in points if p.endswith(".lost")])


def plans(reference, full):
    """Rules of each life: what a host loses it may lose often in one life, a builder once in each build."""
    lives = []
    for process, points in reference[1].items():
        crashes = [(point, "crash") for point in points if not point.endswith(".lost")]
        for rules in (crashes, *failures(points)):
            size = 1 if full else BUILDS_OF_A_LIFE if process == "builder" else -(-len(rules) // CHAINS)
            lives += [{process: dict(group)} for group in groups(rules, size)]
    return lives


def test_crash_failure_and_lost_answer_at_every_point(made, reference, full, capsys):
    lives, expected = plans(reference, full), reference[0]
    wanted = {(process, point, action) for rules in lives for process, armed in rules.items() for point, action in armed.items()}

    def run(rules):
        states, hits = live(made, rules, hasten=not full)
        differing = {step: (states[step], expected[step]) for step in states if states[step] != expected[step]}
        assert not differing, f"{rules} ended elsewhere (step: (here, reference)): {differing}"
        return {(process, point, rules[process][point]) for process in rules for point in hits[process] if point in rules[process]}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        hit = set().union(*pool.map(run, lives))
    with capsys.disabled():
        print(f"\n{len(hit)} of {len(wanted)} faults acted in {len(lives)} lives")
    assert hit == wanted, f"did not act, though the reference run passes there: {sorted(wanted - hit)}"
