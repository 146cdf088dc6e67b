#!/usr/bin/env python3
"""What the platform adds to a build, beside the bare tool on the same daemon in the same run; how soon it knows that there is
nothing to build; and what the API's answers take beside a build that wants all memory.

usage: build_bench.py BUILD_FOLDER, as root inside tests/e2e/isolated (`./run bench build` does that)."""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from harness.installation import Installation  # noqa: E402
from harness.machine import DOCKER, Machine  # noqa: E402
from harness.repo import app_files, build_testapp  # noqa: E402
from harness.wait import until  # noqa: E402

ROUNDS = 5
DOCKERFILE = "FROM nsbase:1\nCOPY testapp /testapp\nCOPY version mode /\nRUN sleep 1; cat /version\nCMD [\"/testapp\"]\n"
EATER = "FROM nsbase:1\nCOPY version /\nRUN sleep 5; dd if=/dev/zero of=/dev/null bs=900M count=1; sleep 1\n"


def median(values):
    return sorted(values)[len(values) // 2]


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")[:26] + "+00:00").timestamp()


def platform_seconds(app, commit):
    """From the start of a build to its end, checkout, plan, push and log included."""
    build = app.wait_build(commit, ("SUCCEEDED", "FAILED"), 120)
    assert build["status"] == "SUCCEEDED", app.log(build["id"])
    return moment(build["finishedAt"]["timestamp"]) - moment(build["startedAt"]["timestamp"])


def bare_seconds(site, folder, number):
    """`docker build` of the same folder, and the push of the image."""
    name = f"127.0.0.1:{site.registry_port}/bare/app:{number}"
    begin = time.monotonic()
    for command in (["build", "-q", "-t", name, folder], ["push", "-q", name]):
        subprocess.run([DOCKER, *command], check=True, capture_output=True, env={**os.environ, "DOCKER_BUILDKIT": "1"})
    return time.monotonic() - begin


def overhead(site, testapp):
    repo = site.repo("bench")
    files = {**app_files(testapp, 1), "Dockerfile": DOCKERFILE}
    repo.push(files)
    app = site.app_of(repo, "bench")
    app.wait_version(1)
    ours, bare = [], []
    for number in range(2, 2 + ROUNDS):  # another content each, so that no step after COPY is cached
        ours.append(platform_seconds(app, app.push_version(number)))
        folder = os.path.join(site.root, f"bare-{number}")
        shutil.copytree(repo.work, folder, ignore=shutil.ignore_patterns(".git"))
        with open(os.path.join(folder, "mode"), "a") as file:
            file.write("\n")  # nor by what the platform has just built
        bare.append(bare_seconds(site, folder, number))
    report("build with work to do (docker engine)", ours, bare)
    ours, bare = [], []
    for number in range(ROUNDS):  # a commit that changes nothing that is copied
        ours.append(platform_seconds(app, app.push({"README": f"{number}\n"})))
        bare.append(bare_seconds(site, folder, f"cached-{number}"))
    report("build with all steps cached", ours, bare)
    return app


def report(what, ours, bare):
    ours, bare = median(ours), median(bare)
    print(f"{what}: {ours:.2f} s, bare tool {bare:.2f} s: {ours / bare:.2f} times, {ours - bare:+.2f} s (aim below +0.5 s)", flush=True)


class Asking:
    """One connection to the platform's database: starting psql for each question takes longer than what is measured."""

    def __init__(self, site):
        socket = site.database_socket()
        database = {"PGHOST": socket, "PGDATABASE": "neoshowcase", "PGUSER": "neoshowcase"}
        self.process = subprocess.Popen(["setpriv", "--reuid", str(os.stat(socket).st_uid), "--clear-groups", "psql", "-XAtq"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        env={**os.environ, **database}, cwd="/")

    def one(self, query):
        self.process.stdin.write(f"{query};\n")
        return self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def unchanged(app):
    """From asking for a look at the repository until it was looked at and there was nothing to build."""
    times = []
    database = Asking(app.site)
    question = f"SELECT last_looked FROM conditions WHERE subject = 1 AND subject_id = '{app.repository_id}'"
    for _ in range(10):
        looked = database.one(question)
        begin = time.monotonic()
        app.call("RefreshRepository", repositoryId=app.repository_id)
        while database.one(question) == looked:
            time.sleep(0.001)
        times.append((time.monotonic() - begin) * 1000)
        time.sleep(1.2)  # refreshes of one repository are limited
    database.close()
    bare = []
    for _ in range(10):
        begin = time.monotonic()
        subprocess.run(["git", "ls-remote", app.repo.url], check=True, capture_output=True)
        bare.append((time.monotonic() - begin) * 1000)
    print(f"unchanged source: {median(times):.0f} ms until it is known that there is nothing to build, "
          f"`git ls-remote` alone {median(bare):.0f} ms: {median(times) / median(bare):.1f} times (aim below 100 ms)", flush=True)


def answers(site, stop, seconds):
    times = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop.is_set():
        begin = time.monotonic()
        site.api.GetApplications(scope="ALL")
        times.append((time.monotonic() - begin) * 1000)
        time.sleep(0.005)
    return times


def beside_memory(site):
    idle = answers(site, threading.Event(), 5)
    repo = site.repo("eater")
    repo.push({"Dockerfile": EATER, "version": "1\n"})
    app = site.app_of(repo, "eater", websites=[])
    until(lambda: app.builds() and app.builds()[0].get("status") == "BUILDING", 60, "the build runs")
    stop, times = threading.Event(), []
    asker = threading.Thread(target=lambda: times.extend(answers(site, stop, 60)))
    asker.start()
    build = app.wait_build(app.builds()[0]["commit"], ("FAILED", "SUCCEEDED"), 120)
    stop.set()
    asker.join()
    reason = app.conditions()["Build"]["reason"]
    print(f"API beside a build that wants all memory ({reason}): p50 {median(times):.1f} ms, p99 {quantile(times, 0.99):.1f} ms of "
          f"{len(times)} calls; idle p50 {median(idle):.1f} ms, p99 {quantile(idle, 0.99):.1f} ms: "
          f"{quantile(times, 0.99) / quantile(idle, 0.99):.1f} times", flush=True)
    assert build["status"] == "FAILED", build


def main():
    build = os.path.abspath(sys.argv[1])
    root = tempfile.mkdtemp(prefix="ns-bench-", dir="/tmp")
    os.chmod(root, 0o755)
    logs = os.path.join(root, "logs")
    os.makedirs(logs)
    machine = Machine(root, logs).start()
    try:
        machine.import_base("nsbase:1")
        site = Installation(machine, "bench", os.path.join(build, "bin"), logs).start()
        try:
            unchanged(overhead(site, build_testapp(os.path.join(build, "e2e"))))
            beside_memory(site)
        finally:
            site.forget_apps()
            site.stop()
    finally:
        machine.stop()
        shutil.rmtree(root, ignore_errors=True)


main()
