"""What must hold of every run, whatever was done to it."""
from collections import Counter, defaultdict

QUEUED, BUILDING, SUCCEEDED, FAILED, CANCELLED, SKIPPED = range(6)
# The public API's numbers of a build's status (core/model/build.h).
ALLOWED = {None: {QUEUED}, QUEUED: {BUILDING, SKIPPED, CANCELLED},
           BUILDING: {QUEUED, SUCCEEDED, FAILED, CANCELLED}}


def judge(site):
    """The invariants that the database's own journal and the backend's tell of; a Counter of the builds' ends."""
    ends = judge_builds(site)
    judge_generations(site)
    judge_backend(site)
    return ends


def judge_builds(site):
    """Every build has ended, once, by an allowed way; no commit of an application was built to success twice."""
    history = defaultdict(list)
    for build, before, after in site.sql("SELECT build_id, before, after FROM harness_builds ORDER BY number"):
        history[build].append((int(before) if before else None, int(after)))
    ends = Counter()
    for build, steps in history.items():
        for before, after in steps:
            assert after in ALLOWED.get(before, set()), f"build {build} went from {before} to {after}: {steps}"
        assert steps[-1][1] not in (QUEUED, BUILDING), f"build {build} has not ended: {steps}"
        ends[steps[-1][1]] += 1
    twice = site.sql("SELECT application_id, build_key, count(*) FROM builds WHERE status = 2 GROUP BY 1, 2 HAVING count(*) > 1")
    assert not twice, f"built twice: {twice}"
    open_runs = site.sql("SELECT id FROM builds WHERE status < 2")
    assert not open_runs, f"builds that have not ended: {open_runs}"
    return ends


def judge_generations(site):
    """Generations of targets only grow."""
    back = site.sql("SELECT application_id, before, after FROM harness_targets WHERE after <= before")
    assert not back, f"generations went back: {back}"


def judge_backend(site):
    """The backend has accepted no fence below one it had accepted, and what it has was built for that application."""
    for app in site.apps:
        highest = (0, 0)
        for what, epoch, generation, outcome in app.accepted():
            assert outcome == "refused" or (epoch, generation) >= highest, f"{app.name}: {what} went back: {app.accepted()}"
            if outcome == "accepted":
                highest = (epoch, generation)
        image = app.files().get("image", "")
        if image:
            digest = image.split("@")[-1]
            built = site.sql(f"SELECT 1 FROM builds WHERE application_id = '{app.id}' AND status = 2 AND image_digest = '{digest}'")
            assert built, f"{app.name} runs {image}, which no succeeded build of it has made"


def newest_everywhere(site):
    """Whether each application runs the newest version of its source."""
    return all(app.version() == app.source.version for app in site.apps)


def settled(site):
    """Nothing is under way: no build is open, and the target of each application is what the backend has."""
    if site.sql("SELECT 1 FROM builds WHERE status < 2 LIMIT 1"):
        return False
    targets = dict(site.sql("SELECT id, target_generation FROM applications WHERE NOT deleted"))
    return all(app.files().get("generation") == targets.get(app.id) for app in site.apps)
