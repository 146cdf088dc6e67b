"""A builder on "another machine": a process without database and key file, over TLS and a token."""
import os
import re
import signal
import subprocess
import time

import pytest

from harness import elsewhere
from harness.api import Api, ApiError
from harness.certificates import make_certificates, make_token
from harness.daemon import Daemon, processes
from harness.installation import Installation
from harness.repo import app_files
from harness.wait import stays, until

INDEX, PORT = 5, 7443
LEASE = 15
HOSTS = [("builder-1", "token", "builder"), ("edge-1", "edge-token", "services")]


@pytest.fixture(scope="module")
def remote(machine, binaries, logs):
    site = Installation(machine, "remote", binaries, logs, index=INDEX)
    make_certificates(f"{site.root}/tls")
    for name in ("token", "edge-token"):
        make_token(f"{site.root}/tls/{name}")
    with open(site.config, "a") as file:
        file.write(elsewhere.link_settings(site, PORT, HOSTS))
    site.nsd = {"controller": Daemon("remote-controller", [f"{binaries}/nsd", "--config", site.config, "--roles",
                                                           "controller,services"], logs),
                "builder": elsewhere.builder(site, logs, PORT)}
    site.start()
    yield site
    site.forget_apps()
    site.stop()


def attempts(site, build):
    return int(site.sql(f"select attempt from builds where id = '{build['id']}'")[0])


def builders(site):
    return site.sql("select name from hosts where 'builder' = any(roles) and build_slots > 0")


def slow(app, marker, seconds):
    """Pushes a commit whose build takes that long; returns the commit once the build's command runs."""
    commit = app.push({"Dockerfile": f"FROM nsbase:1\nRUN echo begins-{marker}; sleep {seconds}.{marker}; echo ends-{marker}\n"
                                     "CMD [\"sleep\", \"1000\"]\n"})
    until(lambda: f"begins-{marker}\n" in log_so_far(app, commit), 60, lambda: f"runs\n{app.site.logs_tail()}")
    assert app.build_status(commit) == "BUILDING"
    return commit


def log_so_far(app, commit):
    return app.site.ns_raw("build", "log", app.build(commit)["id"]).stdout


def sleeping(marker):
    return [pid for pid, _, _, argv in processes() if argv[0] == "sleep" and argv[1].endswith(f".{marker}")]


@pytest.fixture(scope="module")
def app(remote, testapp):
    app = remote.app("remote", testapp)
    app.wait_version(1)
    return app


def test_push_goes_live_by_a_builder_without_a_database(remote, app):
    app.push_version(2)
    app.wait_version(2)
    assert builders(remote) == ["builder-1"]
    left = os.listdir(f"{remote.root}/builder")
    assert "key" not in left and "postgres" not in left, left
    doctor = remote.ns("doctor").stdout
    assert "engine-docker" in doctor, "the builder's plugins are known to the platform"


def test_doctor_of_the_builder_knows_that_it_has_no_database(remote, app):
    done = subprocess.run([*remote.nsd["builder"].argv[:1], "doctor", *remote.nsd["builder"].argv[1:]], capture_output=True,
                          text=True, timeout=60)
    assert f"localhost:{PORT}" in done.stdout and "database" not in done.stdout, done.stdout


def test_log_is_followed_live_from_the_services(remote, app):
    commit = slow(app, 11, 4)
    build = app.build(commit)
    follow = subprocess.run([f"{remote.binaries}/ns", "--server", f"unix:{remote.root}/run/api.sock", "build", "log", build["id"],
                             "-f"], capture_output=True, text=True, timeout=60)
    assert "begins-11" in follow.stdout and "ends-11" in follow.stdout, follow.stdout[-1000:]
    app.wait_build(commit, "SUCCEEDED")


def test_killed_builder_is_replaced_by_another_attempt(remote, app):
    commit = slow(app, 22, 5)
    remote.kill("builder")
    until(lambda: builders(remote) == [], 5, "nothing more is given to it")
    remote.nsd["builder"].start()
    build = app.wait_build(commit, "SUCCEEDED", 90)
    assert attempts(remote, build) == 2
    log = app.log(build["id"])
    assert log.count("begins-22\n") >= 2 and "ends-22" in log


def test_build_goes_on_while_the_controller_restarts_and_its_result_counts(remote, app):
    commit = slow(app, 33, 9)
    began = time.monotonic()
    remote.kill("controller")
    time.sleep(3)
    assert sleeping(33)
    remote.nsd["controller"].start()
    build = app.wait_build(commit, "SUCCEEDED", 60)
    assert time.monotonic() - began < 9 + LEASE
    assert attempts(remote, build) == 1
    log = app.log(build["id"])
    assert len(re.findall(r"^#\d+ [\d.]+ (?:begins|ends)-33$", log, re.MULTILINE)) == 2, log


def test_result_that_comes_while_no_controller_is_there_is_kept(remote, app):
    commit = slow(app, 44, 3)
    remote.kill("controller")
    until(lambda: not sleeping(44), 10, "the command has ended")
    time.sleep(3)  # the image is pushed, the result waits
    remote.nsd["controller"].start()
    build = app.wait_build(commit, "SUCCEEDED", 60)
    assert attempts(remote, build) == 1
    assert "-- succeeded" in app.log(build["id"])


def test_cut_off_for_longer_than_the_lease_stops_the_work(remote, app, testapp):
    commit = slow(app, 55, 30)
    remote.kill("controller")
    began = time.monotonic()
    until(lambda: not sleeping(55), LEASE + 6, "the builder stops by its own clock")
    assert time.monotonic() - began > LEASE - 8, "not before it has to"
    remote.nsd["controller"].start()
    remote.wait_ready()
    app.push(app_files(testapp, 6))  # supersedes the one that takes long
    app.wait_version(6, 90)
    until(lambda: app.build_status(commit) in ("CANCELLED", "SKIPPED"), 60,
          lambda: f"superseded, is {app.build_status(commit)}")


def test_paused_builder_wakes_up_and_its_late_result_is_refused(remote, app):
    commit = slow(app, 66, 4)
    build = app.build(commit)
    remote.nsd["builder"].process.send_signal(signal.SIGSTOP)
    until(lambda: app.build_status(commit) == "QUEUED", LEASE + 20, "the claim has run out")
    remote.nsd["builder"].process.send_signal(signal.SIGCONT)
    app.wait_build(commit, "SUCCEEDED", 90)
    assert attempts(remote, build) == 2
    ends = remote.sql(f"select count(*) from builds where id = '{build['id']}' and status = 2 and attempt = 2")
    assert ends == ["1"]
    image = remote.sql(f"select image_reference from builds where id = '{build['id']}'")[0]
    assert image.endswith(f":{build['id']}-2"), image


def test_stopped_builder_gives_its_build_back(remote, app):
    commit = slow(app, 77, 6)
    remote.nsd["builder"].stop()
    assert app.build_status(commit) == "QUEUED"
    assert builders(remote) == []
    remote.nsd["builder"].start()
    app.wait_build(commit, "SUCCEEDED", 60)


def test_host_that_may_not_build_is_not_let_in(remote, app, logs):
    stranger = elsewhere.builder(remote, logs, PORT, "edge-token").start()
    until(lambda: "RoleNotGranted" in stranger.log_tail(), 20, stranger.log_tail)
    stays(lambda: builders(remote) == ["builder-1"], 2, "one builder")
    stranger.stop()


@pytest.fixture
def edge(remote, logs):
    """A services process on "another machine": the sockets of this one's hosts are hidden from it."""
    command = elsewhere.services(remote, f'listen: ["unix:{remote.root}/edge.sock"]',
                                 f"link: {{token: {{file: {remote.root}/tls/edge-token}}, ca: {remote.root}/tls/ca.pem}}\n")
    hide = 'mount -t tmpfs none "$0" && exec "$@"'
    daemon = Daemon("remote-edge", ["unshare", "--mount", "sh", "-c", hide, f"{remote.root}/data/run/link", *command], logs).start()
    api = Api(f"{remote.root}/edge.sock")
    until(lambda: answer(api.GetSystemInfo), 30, daemon.log_tail)
    yield api
    daemon.stop()


def answer(method, **message):
    """What the API says; None while it, or what it asks, is away."""
    try:
        return method(**message)
    except (ApiError, OSError) as error:
        assert not isinstance(error, ApiError) or error.code == "unavailable", error
        return None


def test_services_on_another_machine_answer_for_its_applications(remote, app, edge):
    ask = {"applicationId": app.id, "before": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60)), "limit": 5}
    here = until(lambda: remote.api.GetOutput(**ask).get("outputs"), 20, "it prints")
    assert edge.GetOutput(**ask)["outputs"] == here
    remote.kill("controller")
    with pytest.raises(ApiError) as refused:
        edge.GetOutput(**ask)
    assert refused.value.code == "unavailable", refused.value
    assert edge.GetApplication(id=app.id)["id"] == app.id, "what the database knows is there all the same"
    remote.nsd["controller"].start()
    until(lambda: (answer(edge.GetOutput, **ask) or {}).get("outputs"), 40, "it is there again")
