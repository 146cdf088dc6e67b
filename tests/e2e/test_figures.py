"""Figures, not verdicts: `./run test --full figures` measures and writes them to build/test-results/figures.txt."""
import os
import statistics
import time
import urllib.request

import pytest
from harness.daemon import processes
from harness.machine import ROOT
from harness.wait import until

pytestmark = pytest.mark.full
ROUNDS = 5


def figure(text):
    print(text)
    folder = os.path.join(ROOT, "build", "test-results")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "figures.txt"), "a") as file:
        file.write(text + "\n")


def by_hand(machine, folder, version):
    """`docker build` and `docker run` of the same source, until it answers."""
    begin = time.monotonic()
    machine.docker("build", "-q", "-t", f"byhand:{version}", folder)
    built = time.monotonic() - begin
    machine.docker("run", "-d", "--name", f"byhand-{version}", f"byhand:{version}")
    address = machine.inspect(f"byhand-{version}")[0]["NetworkSettings"]["IPAddress"]
    until(lambda: urllib.request.urlopen(f"http://{address}:8080/", timeout=2).status == 200, 20, "answers", every=0.01)
    whole = time.monotonic() - begin
    machine.docker("rm", "-f", f"byhand-{version}")
    return whole, built


def phases(app):
    return {p.get("name") or p.get("phase"): p.get("seconds", 0) for p in app.status().get("timeline", [])}


def test_push_to_live_beside_docker_by_hand(site, testapp):
    app = site.app("figures", testapp, version=1)
    app.wait_version(1)
    ours, hand, split = [], [], {}
    for i in range(2, 2 + ROUNDS):
        app.repo.commit({"version": f"{i}\n"})
        begin = time.monotonic()
        app.repo.git("push", "-q", "origin", "HEAD:main")  # returns when the hook has told the platform
        pushed = time.monotonic() - begin
        until(lambda: app.version() == str(i), 60, "live", every=0.01)  # noqa: B023
        ours.append(time.monotonic() - begin)
        split.setdefault("git push and webhook", []).append(pushed)
        time.sleep(1)  # the drain ends
        for name, seconds in phases(app).items():
            split.setdefault(name, []).append(seconds)
        hand.append(by_hand(site.machine, app.repo.work, i)[0])
    figure(f"push to live, median of {ROUNDS}: {statistics.median(ours):.2f} s; docker build + docker run by hand of the same source: "
           f"{statistics.median(hand):.2f} s; overhead {statistics.median(ours) - statistics.median(hand):.2f} s")
    figure("  phases (median s): " + ", ".join(f"{name} {statistics.median(values):.2f}" for name, values in split.items()))


def test_redeploy_without_a_build(site, testapp):
    app = site.app("figures-redeploy", testapp, version=1)
    app.wait_version(1)
    times = []
    for _ in range(ROUNDS):
        before = {c["Id"] for c in app.running()}
        begin = time.monotonic()
        app.start()
        until(lambda: app.running() and not before & {c["Id"] for c in app.running()}, 60, "replaced", every=0.02)  # noqa: B023
        times.append(time.monotonic() - begin)
    figure(f"restart without a build, until the old container is gone, median of {ROUNDS}: {statistics.median(times):.2f} s")


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024


def cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and all below it."""
    every = list(processes())
    found, grown = {pid}, True
    while grown:
        more = {p for p, parent, _, _ in every if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def test_idle_memory_and_cpu(site, testapp):
    site.app("figures-idle", testapp).wait_version(1)
    time.sleep(15)
    named = {f"nsd {role}": {daemon.pid} for role, daemon in site.nsd.items()}
    named |= {f"helper {name}": tree(pid) for name, pid in site.helpers().items()}
    before = {name: sum(cpu(pid) for pid in pids) for name, pids in named.items()}
    time.sleep(60)
    for name, pids in named.items():
        alive = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
        used = sum(cpu(pid) for pid in alive) - before[name]
        figure(f"idle {name}: {sum(pss(pid) for pid in alive):.1f} MiB PSS, {used / 60 * 100:.2f} % CPU of one core over 60 s")
