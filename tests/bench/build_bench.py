#!/usr/bin/env python3
"""What the platform adds to a build, beside the bare tool on the same daemon in the same run; how soon it knows that there is
nothing to build; and what the API's answers take beside a build that wants all memory.

usage: build_bench.py BUILD_FOLDER [PART...], as root inside tests/e2e/isolated (`./run bench build` does that)."""
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import datetime

from scratch_machine import ROOT, scratch_machine

from harness.installation import Installation
from harness.machine import DOCKER
from harness.repo import app_files, build_testapp
from harness.wait import until

ROUNDS = 5
TOOLS = os.environ.get("NS_TOOLS", os.path.expanduser("~/.cache/neoshowcase/tools"))
DOCKERFILE = "FROM {base}\nCOPY testapp /testapp\nCOPY version mode /\nRUN sleep 1; cat /version\nCMD [\"/testapp\"]\n"
PROCFILE = "web: httpd -f -p 8080 -h /workspace/public\n"
ENGINE = "{plugin: engine-docker, config: {concurrency: 2, memory: 256M, timeout: 20s}}"
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


def timed(commands, env=None):
    begin = time.monotonic()
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(env or {})})
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return time.monotonic() - begin


class BareDocker:
    """`docker build` of a folder, and the push of the image."""

    def __init__(self, site):
        self.site = site

    def seconds(self, folder, name):
        return timed([[DOCKER, "build", "-q", "-t", name, folder], [DOCKER, "push", "-q", name]], {"DOCKER_BUILDKIT": "1"})

    def stop(self):
        pass


class BareBuildKit(BareDocker):
    """`buildctl build` at a buildkitd of its own, which pushes."""

    def __init__(self, site):
        super().__init__(site)
        self.folder = os.path.join(site.root, "bare-buildkit")
        os.makedirs(self.folder)
        config = os.path.join(self.folder, "buildkitd.toml")
        with open(config, "w") as file:
            file.write(f'[registry."127.0.0.1:{site.registry_port}"]\nhttp = true\n')
        self.address = f"unix://{self.folder}/buildkitd.sock"
        self.log = open(os.path.join(self.folder, "log"), "w")
        self.daemon = subprocess.Popen([buildkit("buildkitd"), "--config", config, "--root", f"{self.folder}/root", "--addr", self.address,
                                        "--oci-worker-net", "host"], stdout=self.log, stderr=self.log)
        until(lambda: subprocess.run([buildkit("buildctl"), "--addr", self.address, "debug", "workers"], capture_output=True).returncode == 0,
              30, "buildkitd answers")

    def seconds(self, folder, name):
        return timed([[buildkit("buildctl"), "--addr", self.address, "build", "--frontend", "dockerfile.v0", "--local", f"context={folder}",
                       "--local", f"dockerfile={folder}", "--output", f"type=image,name={name},push=true,registry.insecure=true"]])

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait()


class BareBuildah(BareDocker):
    """`buildah bud` with layers, steps in no container of their own, and the push."""

    def seconds(self, folder, name):
        root = os.path.join(self.site.root, "bare-buildah")
        buildah = ["buildah", "--root", root, "--runroot", f"{root}-run"]
        return timed([[*buildah, "bud", "--layers", "--tls-verify=false", "--isolation", "chroot", "-t", name, folder],
                      [*buildah, "push", "-q", "--tls-verify=false", name]])


class BareCreator(BareDocker):
    """The lifecycle's `creator` in the builder image, with a cache, which pushes."""

    def seconds(self, folder, name):
        work = f"{folder}-creator"
        shutil.copytree(folder, work, ignore=shutil.ignore_patterns(".git"))
        subprocess.run(["chown", "-R", "1000:1000", work], check=True)
        return timed([[DOCKER, "run", "--rm", "--network", "host", "--user", "0:0", "-v", f"{work}:/workspace", "-v", "bare-creator:/cache",
                       "-e", "CNB_PLATFORM_API=0.12", "nsbuilder:1", "/cnb/lifecycle/creator", "-cache-dir=/cache", name]])


def buildkit(program):
    return next(os.path.join(TOOLS, one, "bin", program) for one in sorted(os.listdir(TOOLS)) if one.startswith("buildkit-"))


def overhead(site, testapp, what, bare, files=None, config=None):
    repo = site.repo(f"bench-{len(site.apps)}-{what.split()[0]}")
    files = files or {**app_files(testapp, 1), "Dockerfile": DOCKERFILE.format(base=f"127.0.0.1:{site.registry_port}/bench/base:1")}
    repo.push(files)
    app = site.app_of(repo, repo.name, config=config)
    app.wait_build(repo.git("rev-parse", "HEAD").strip(), ("SUCCEEDED",), 120)
    bare.seconds(repo.work, name_of(site, "first"))  # base images are there, for both
    ours, alone = [], []
    for number in range(2, 2 + ROUNDS):  # another content each, so that no step after COPY is cached
        ours.append(platform_seconds(app, app.push({"version": f"{number}\n", "public/version": f"{number}\n"})))
        folder = os.path.join(site.root, f"{repo.name}-bare-{number}")
        shutil.copytree(repo.work, folder, ignore=shutil.ignore_patterns(".git"))
        with open(os.path.join(folder, "version"), "a") as file:
            file.write("\n")  # nor by what the platform has just built
        alone.append(bare.seconds(folder, name_of(site, number)))
    report(f"{what}, with work to do", ours, alone)
    ours, alone = [], []
    for number in range(ROUNDS):  # a commit that changes nothing that is copied
        ours.append(platform_seconds(app, app.push({"README": f"{number}\n"})))
        folder = os.path.join(site.root, f"{repo.name}-cached-{number}")
        shutil.copytree(repo.work, folder, ignore=shutil.ignore_patterns(".git"))
        alone.append(bare.seconds(folder, name_of(site, f"cached-{number}")))
    report(f"{what}, all of it cached", ours, alone)
    return app


def name_of(site, tag):
    return f"127.0.0.1:{site.registry_port}/bare/app:{tag}"


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


def with_engine(machine, build, logs, index, engine):
    """An installation that builds by `engine` (YAML of the plugin), with the base image in its registry."""
    site = Installation(machine, f"bench{index}", os.path.join(build, "bin"), logs, index=index)
    with open(site.config) as file:
        text = file.read()
    assert ENGINE in text
    site.write_config(text.replace(ENGINE, engine))
    site.start()
    base = f"127.0.0.1:{site.registry_port}/bench/base:1"
    timed([[DOCKER, "tag", "nsbase:1", base], [DOCKER, "push", "-q", base]])
    return site


def docker_part(site, testapp):
    unchanged(overhead(site, testapp, "docker", BareDocker(site)))
    beside_memory(site)


def buildpack_part(site, testapp):
    if subprocess.run([os.path.join(ROOT, "tests", "buildpacks", "make_builder.sh"), f"127.0.0.1:{site.registry_port}",
                       "nsbuilder:1"], capture_output=True).returncode:
        return print("buildpacks: no lifecycle is there", flush=True)
    overhead(site, testapp, "buildpacks (docker)", BareCreator(site), {"Procfile": PROCFILE, "needs": "wheels\n", "public/version": "1\n"},
             {"runtimeBuildpack": {"runtimeConfig": {}}})


def engine_part(bare_kind, what):
    def run(site, testapp):
        bare = bare_kind(site)
        try:
            overhead(site, testapp, what, bare)
        finally:
            bare.stop()
    return run


PARTS = [
    ("docker", ENGINE, docker_part),
    ("buildpacks", ENGINE, buildpack_part),
    ("buildkit", f"{{plugin: engine-buildkit, config: {{buildkitd: {buildkit('buildkitd')}}}}}", engine_part(BareBuildKit, "buildkit")),
    ("buildah", "{plugin: engine-buildah}", engine_part(BareBuildah, "buildah")),
]


def main():
    build = os.path.abspath(sys.argv[1])
    with scratch_machine() as (machine, logs):
        machine.import_base("nsbase:1")
        testapp = build_testapp(os.path.join(build, "e2e"))
        for index, (name, engine, part) in enumerate(PARTS):
            if sys.argv[2:] and name not in sys.argv[2:]:
                continue
            site = with_engine(machine, build, logs, index, engine)
            try:
                part(site, testapp)
            finally:
                site.forget_apps()
                site.stop()


main()
