"""Static sites: from a push to pages, through real builds, storage, site server and Traefik."""
import base64
import http.client
import io
import os
import signal
import tarfile
import threading
import time

import pytest

from harness.api import ApiError
from harness.daemon import processes
from harness.repo import app_files
from harness.wait import stays, until

DOCKERFILE = "FROM scratch\nCOPY site /out\n"


def site_files(version, folder="dist"):
    """A page, an asset it names, and a page of its own for what is missing."""
    return {f"{folder}/index.html": f"<script src=app.js></script>version {version}\n",
            f"{folder}/app.js": f"// version {version}\n",
            f"{folder}/about.html": "about\n",
            f"{folder}/docs/index.html": "docs\n",
            f"{folder}/404.html": "nothing here\n"}


def static_cmd(artifact="dist", build="", spa=False):
    return {"staticCmd": {"baseImage": "nsbase:1", "buildCmd": build, "staticConfig": {"artifactPath": artifact, "spa": spa}}}


def static_app(site, name, files=None, config=None, **settings):
    repo = site.repo(name)
    repo.push(files or site_files(1))
    return site.app_of(repo, name, config=config or static_cmd(), **settings)


def page(app, path="/", **kwargs):
    """(status, text), also while the connection is refused."""
    try:
        status, _, text = app.fetch(path, **kwargs)
    except OSError:
        return 0, ""
    return status, text


def wait_page(app, text, path="/", seconds=90):
    until(lambda: page(app, path)[0] == 200 and text in page(app, path)[1], seconds,
          lambda: f"{app.host}{path} says {text!r}, says {page(app, path)}; {app.safe_conditions()}\n{app.site.logs_tail()}")


def test_command_push_to_pages_and_the_next_push(site):
    app = static_app(site, "site-cmd", config=static_cmd(build="cp -r dist /tmp/x\necho built $(ls dist | wc -l)"))
    wait_page(app, "version 1")
    status, headers, text = app.fetch("/app.js")
    assert (status, text) == (200, "// version 1\n")
    assert headers["Content-Type"].startswith("text/javascript"), headers
    assert app.fetch("/about")[2] == "about\n"
    assert app.fetch("/docs/")[2] == "docs\n"
    assert (app.fetch("/docs")[0], app.fetch("/missing")[0], app.fetch("/missing")[2]) == (301, 404, "nothing here\n")
    assert app.get()["deployType"] == "STATIC"
    assert app.containers() == []
    commit = app.push(site_files(2))
    wait_page(app, "version 2")
    build = app.build(commit)
    assert build["status"] == "SUCCEEDED" and len(build["artifacts"]) == 1, build
    assert "built 5" in app.log(build["id"])
    until(lambda: app.status()["state"] == "LIVE", 30, lambda: f"it is live: {app.status()}")
    assert app.conditions()["Site"]["reason"] == "SiteReady"


def test_dockerfile_push_to_pages(site):
    app = static_app(site, "site-dockerfile", {"Dockerfile": DOCKERFILE, **site_files(1, "site")},
                     {"staticDockerfile": {"dockerfileName": "Dockerfile", "context": ".", "staticConfig": {"artifactPath": "/out"}}})
    wait_page(app, "version 1")
    build = app.builds()[0]
    artifact = app.call("GetBuildArtifact", artifactId=build["artifacts"][0]["id"])
    assert artifact["filename"] == "website.tar.gz"
    content = base64.b64decode(artifact["content"])
    assert len(content) == int(build["artifacts"][0]["size"])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = sorted(member.name for member in archive.getmembers() if member.isfile())
        assert names == ["404.html", "about.html", "app.js", "docs/index.html", "index.html"]
        assert archive.extractfile("app.js").read() == b"// version 1\n"


def test_pushes_under_load_fail_no_request_and_never_mix_releases(site):
    app = static_app(site, "site-load")
    wait_page(app, "version 1")
    stop, failures, count = threading.Event(), [], [0]

    def visit():
        connection = http.client.HTTPConnection("127.0.0.1", site.http_port, timeout=10)
        newest = 0
        while not stop.is_set():
            try:
                versions = []
                for path in ("/", "/app.js", "/"):
                    connection.request("GET", path, headers={"Host": app.host})
                    response = connection.getresponse()
                    text = response.read().decode()
                    count[0] += 1
                    if response.status != 200:
                        failures.append((path, response.status, text[:100]))
                    versions.append(int(text.rsplit(" ", 1)[1]))
                # A switch may come between two requests; none goes back.
                if versions != sorted(versions) or versions[0] < newest:
                    failures.append(("went back", newest, versions))
                newest = versions[-1]
            except Exception as error:
                failures.append(repr(error))
                connection.close()
    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for version in (2, 3):
            app.push(site_files(version))
            wait_page(app, f"version {version}")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == [], failures[:10]
    assert count[0] > 500, count


def test_single_page_application_by_a_setting(site):
    app = static_app(site, "site-spa")
    wait_page(app, "version 1")
    assert page(app, "/some/view")[0] == 404
    app.update(config=static_cmd(spa=True))
    until(lambda: page(app, "/some/view") == (200, page(app)[1]), 30, lambda: f"the page everywhere, {page(app, '/some/view')}")
    assert len(app.builds()) == 1, "nothing was built for it"


def test_stop_shows_the_page_and_start_the_site(site):
    app = static_app(site, "site-stop")
    wait_page(app, "version 1")
    app.stop()
    until(lambda: page(app)[0] == 503, 30, "the page of a stopped application")
    app.start()
    wait_page(app, "version 1", seconds=30)
    app.start()  # a restart changes nothing that a visitor sees
    until(lambda: app.status()["state"] == "LIVE", 30, "live after a restart")
    assert page(app)[0] == 200


def test_rollback_serves_the_release_before_without_a_build(site):
    app = static_app(site, "site-rollback")
    wait_page(app, "version 1")
    app.push(site_files(2))
    wait_page(app, "version 2")
    site.ns("rollback", app.id, check=True)
    wait_page(app, "version 1", seconds=30)
    assert len(app.builds()) == 2


def test_headers_of_a_visitor_choose_no_site(site):
    one = static_app(site, "site-mine")
    two = static_app(site, "site-theirs", site_files(2))
    wait_page(one, "version 1")
    wait_page(two, "version 2")
    release = two.site.sql(f"SELECT target_release FROM applications WHERE id = '{two.id}'")[0]
    connection = http.client.HTTPConnection("127.0.0.1", site.http_port, timeout=10)
    for name in ("X-Controller-App-Id", "x-controller-app-id"):
        connection.putrequest("GET", "/", skip_host=True)
        connection.putheader("Host", one.host)
        connection.putheader(name, two.id)
        connection.putheader(name, two.id)
        connection.putheader("X-Controller-Release-Id", release)
        connection.endheaders()
        response = connection.getresponse()
        assert (response.status, "version 1" in response.read().decode()) == (200, True)
    connection.close()


def test_process_becomes_a_site_and_back(site, testapp):
    app = site.app("site-kind", testapp, version=1)
    app.wait_version(1)
    app.repo.push(site_files(5))
    app.update(config=static_cmd())
    wait_page(app, "version 5")
    until(lambda: app.containers() == [], 60, "the container has gone")
    app.repo.push(app_files(testapp, 2))
    app.update(config={"runtimeDockerfile": {"dockerfileName": "Dockerfile", "context": ".", "runtimeConfig": {}}})
    app.wait_version(2)


@pytest.mark.parametrize("broken, reason", [
    (static_cmd("nowhere"), "ArtifactMissing"),
    (static_cmd("dist/index.html"), "ArtifactNotAFolder"),
    (static_cmd(build="ln -s /etc/passwd dist/passwd"), "ArtifactInvalid"),
    (static_cmd(build="echo its last words; exit 3"), "CommandFailed"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_build_without_a_site_says_why_and_the_old_one_stays(site, broken, reason):
    app = static_app(site, f"site-{reason.lower()}")
    wait_page(app, "version 1")
    app.update(config=broken)
    until(lambda: app.builds()[0].get("status") == "FAILED", 60, lambda: f"the build fails, {app.builds()[0]}")
    assert app.conditions()["Build"]["reason"] == reason, app.conditions()["Build"]
    assert "version 1" in page(app)[1]
    assert len(app.builds()) == 2, "what the source is to blame for is not tried again"


def test_controller_away_sites_stay(site):
    app = static_app(site, "site-away")
    wait_page(app, "version 1")
    site.kill("controller")
    stays(lambda: page(app)[0] == 200, 3, "the site is served")
    site.nsd["controller"].start()
    site.wait_ready()
    app.push(site_files(2))
    wait_page(app, "version 2")


def test_deleted_site_leaves_nothing(site):
    app = static_app(site, "site-deleted")
    wait_page(app, "version 1")
    folder = f"{site.root}/data/sites/sites/{app.id}"
    stored = f"artifacts/{app.id}"
    data = f"{site.root}/data"
    assert os.listdir(folder)
    assert [path for path, _, _ in os.walk(data) if path.endswith(stored)], "the artifact is in the storage"
    app.delete()
    until(lambda: [f for path, _, files in os.walk(data) if path.endswith(stored) for f in files] == [], 60, "no artifact is left")
    until(lambda: page(app)[0] == 404, 30, lambda: f"no route leads to it: {page(app)}")


def test_refusals_name_what_is_wrong(site):
    repo = site.repo("site-refused")
    repo.push(site_files(1))
    repository = site.register(repo)
    for config in (static_cmd(""), static_cmd("/dist"), static_cmd("../dist")):
        with pytest.raises(ApiError) as refused:
            site.app_of(repo, "site-refused", config=config, repository_id=repository)
        assert refused.value.code == "invalid_argument"
        assert "artifact_path" in refused.value.message
    app = site.app_of(repo, "site-refused", config=static_cmd(), repository_id=repository)
    wait_page(app, "version 1")
    with pytest.raises(ApiError) as refused:
        app.call("GetBuildArtifact", artifactId="0" * 22)
    assert refused.value.code == "not_found"


def swap(site, server):
    with open(site.config) as file:
        text = file.read()
    lines = [f"site_server: {server}" if line.startswith("site_server:") else line for line in text.splitlines()]
    site.write_config("\n".join(lines) + "\n")
    site.nsd["controller"].process.send_signal(signal.SIGHUP)


def serving(app):
    """What the site server calls itself, through Traefik."""
    return app.fetch("/")[1].get("Server", "").split("/")[0].lower()


def test_another_server_takes_over_by_one_word_without_a_failed_request(site):
    app = static_app(site, "site-swap")
    wait_page(app, "version 1")
    stop, failures, count = threading.Event(), [], [0]

    def visit():
        connection = http.client.HTTPConnection("127.0.0.1", site.http_port, timeout=10)
        while not stop.is_set():
            try:
                connection.request("GET", "/app.js", headers={"Host": app.host})
                response = connection.getresponse()
                text = response.read()
                count[0] += 1
                if (response.status, text) != (200, b"// version 1\n"):
                    failures.append((response.status, text[:100]))
            except Exception as error:
                failures.append(repr(error))
                connection.close()
    threads = [threading.Thread(target=visit) for _ in range(4)]
    before = serving(app)
    for thread in threads:
        thread.start()
    try:
        for server, name in (("nginx", "nginx"), ("httpd", "apache"), ("caddy", "caddy")):
            swap(site, server)
            until(lambda: serving(app) == name, 60, lambda: f"{server} serves, {serving(app)}\n{site.logs_tail()}")
            time.sleep(1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert before == "caddy"
    assert failures == [], failures[:10]
    assert count[0] > 1000, count


def servers_of(site):
    """Which site servers of the installation run."""
    return sorted({comm for _, _, comm, argv in processes()
                   if comm in ("caddy", "nginx", "apache2") and any(f"{site.root}/data/site-servers" in word for word in argv)})


def restart_with(site, change):
    host = site.nsd["controller"]
    host.stop()
    with open(site.config) as file:
        text = file.read()
    site.write_config(change(text))
    host.start()
    site.wait_ready()
    return text


def test_server_that_is_configured_no_more_is_ended_once_another_serves(site):
    app = static_app(site, "site-stray")
    wait_page(app, "version 1")
    assert (serving(app), servers_of(site)) == ("caddy", ["caddy"])

    def without_caddy(text):
        lines = [line for line in text.splitlines() if not line.startswith("  caddy:")]
        return "\n".join("site_server: nginx" if line.startswith("site_server:") else line for line in lines) + "\n"
    before = restart_with(site, without_caddy)
    try:
        until(lambda: servers_of(site) == ["nginx"], 60, lambda: f"nginx alone runs: {servers_of(site)}\n{site.logs_tail()}")
        for _ in range(20):
            assert (serving(app), page(app)[0]) == ("nginx", 200)
    finally:
        restart_with(site, lambda _: before)
    until(lambda: servers_of(site) == ["caddy"], 60, lambda: f"caddy serves again: {servers_of(site)}\n{site.logs_tail()}")
    wait_page(app, "version 1")
