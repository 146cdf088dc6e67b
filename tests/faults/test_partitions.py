"""A builder on another machine, over the link, is cut off for longer than its lease: packets are dropped in silence. Another
builder takes its build over, and what the first says when the network is back counts for nothing."""
import random
import re
import time

import pytest

from harness.wait import until

from rig.judge import FAILED, judge
from rig.load import Pushes, await_rest, await_versions
from rig.machines import HOME, join

LEASE = 15  # seconds, of a build
APPS = 4
REFUSED = "aborted: "  # what a claim is worth that somebody else has


@pytest.fixture
def far(new_site, machine):
    """Makes a site whose only builder is on the other machine; "near", which is not started, would be a second."""
    def make(**settings):
        site = new_site(roles={"services": "services", "controller": "controller"}, git_host=HOME, **settings)
        join(site, machine)
        site.start()
        until(lambda: "connected to a controller" in site.nsd["away"].log_tail(50), 30, site.logs_tail)
        site.add_process("near", "builder", data=f"{site.root}/data-near")
        return site
    yield make
    machine.heal()  # so that processes can leave in order


def end_told(site, process, build, attempt):
    """What that process says of the end of its attempt: (outcome, settled), or None."""
    begun = False
    for line in site.nsd[process].log_tail(10_000).splitlines():
        begun = begun or ("build begins" in line and build in line and f"attempt={attempt}" in line)
        found = re.search(rf'build ended build={build} outcome=("[^"]*"|\S+) settled=("[^"]*"|\S+)', line)
        if begun and found:
            return found.group(1), found.group(2)
    return None


def digest_of(app, build, attempt):
    """Of the image that this attempt has pushed, or None."""
    image = app.images().get(f"{build}-{attempt}")
    return image and image["digest"]


def lose_while_building(site, machine, which):
    """(app, build): the builder of the other machine has begun the build when its packets are lost; the near one ends it."""
    app = site.app("partitioned")
    build = until(lambda: site.sql("SELECT id FROM builds WHERE status = 1"), 30, site.logs_tail)[0][0]
    until(lambda: f"build begins build={build}" in site.nsd["away"].log_tail(50), 30, site.logs_tail)
    until(lambda: site.sql(f"SELECT 1 FROM build_logs WHERE build_id = '{build}' AND position('step 1' IN encode(bytes, 'escape')) > 0"),
          30, site.logs_tail)
    machine.cut(which)
    cut = time.monotonic()
    site.nsd["near"].start()
    await_versions(site, {app: 1}, 6 * LEASE)
    assert time.monotonic() - cut > LEASE - 5, "not taken over before the lease has run out"
    return app, build


def judge_late_result(site, app, build):
    """The second attempt is the one that counts, in the rows, in the journal and at the backend."""
    row = site.sql(f"SELECT status, attempt, image_digest, image_reference FROM builds WHERE id = '{build}'")
    assert row[0][:3] == ["2", "2", digest_of(app, build, 2)] and row[0][3].endswith(f":{build}-2"), row
    ends = site.sql(f"SELECT before, after, attempt FROM harness_builds WHERE build_id = '{build}' AND after >= 2")
    assert ends == [["1", "2", "2"]], f"it has one end: {ends}"
    released = site.sql(f"SELECT b.id, b.attempt, b.image_digest FROM releases r JOIN builds b ON b.id = r.build_id "
                        f"WHERE r.application_id = '{app.id}'")
    assert released == [[build, "2", digest_of(app, build, 2)]], released
    assert app.files()["image"].endswith("@" + digest_of(app, build, 2)), app.files()


@pytest.mark.parametrize("which", ["both ways", pytest.param("what it says", marks=pytest.mark.full),
                                   pytest.param("what it hears", marks=pytest.mark.full)])
def test_finished_result_that_comes_late_is_refused(far, machine, which):
    """It has an image in hand when the network is back, and says so."""
    site = far(build_ms=1500)
    app, build = lose_while_building(site, machine, which)
    assert digest_of(app, build, 1), "the one that is cut off has come to its end"
    assert end_told(site, "away", build, 1) is None, "and cannot say so"
    before = site.sql(f"SELECT * FROM builds WHERE id = '{build}'")

    machine.heal()
    outcome, settled = until(lambda: end_told(site, "away", build, 1), 60, site.logs_tail)
    assert outcome.strip('"') == "ok" and REFUSED in settled, (outcome, settled)
    assert site.sql(f"SELECT * FROM builds WHERE id = '{build}'") == before, "the late result has changed the build"
    judge_late_result(site, app, build)

    site.nsd["near"].stop()  # it is one that builds again
    await_versions(site, {app: site.push(app)}, 60)
    judge(site)


def test_work_is_given_up_when_the_lease_must_have_run_out(far, machine):
    """By its own clock, before it can know that somebody else has taken the build."""
    site = far(build_ms=1000 * (LEASE + 5))
    app, build = lose_while_building(site, machine, "both ways")
    assert digest_of(app, build, 1) is None, "it has gone on without a lease"
    machine.heal()
    outcome, settled = until(lambda: end_told(site, "away", build, 1), 60, site.logs_tail)
    assert "BuilderLost" in outcome and REFUSED in settled, (outcome, settled)
    judge_late_result(site, app, build)
    judge(site)


def test_partitions_under_load_lose_and_double_nothing(far, machine, seed, full, capsys):
    """Shorter and longer than the lease, while another builder goes on."""
    cuts, chance = 20 if full else 2, random.Random(seed)
    site = far(build_ms=500)
    site.nsd["near"].start()
    for number in range(APPS):
        site.app(f"app-{number}")
    await_versions(site, {app: 1 for app in site.apps}, 120)
    with Pushes(site, 3, seed) as pushes:
        for number in range(cuts):
            time.sleep(chance.uniform(1, 3))
            machine.cut(chance.choice(sorted(machine.CUTS)))
            time.sleep(chance.uniform(1, LEASE / 2) if number % 2 else chance.uniform(LEASE + 3, 2 * LEASE))
            machine.heal()
        pushes.stop()
    rest = await_rest(site, 120)
    ends = judge(site)
    stale = len(re.findall(rf"build ended .* settled=.*{REFUSED}", site.nsd["away"].log_tail(1_000_000)))
    with capsys.disabled():
        print(f"\n{cuts} partitions; at rest {rest:.2f} s after the last; {pushes.count} pushes, ends of builds {dict(ends)}; "
              f"{stale} late results refused")
    assert ends[FAILED] == 0, ends
    built = site.sql("SELECT count(DISTINCT build_id) FROM harness_builds WHERE after = 2")[0][0]
    assert int(built) > APPS, built
