"""Bad configuration, bad requests, malformed bytes: no crash, clear errors."""
import json
import os
import random
import socket

import pytest

from harness.api import SERVICE, ApiError
from harness.repo import app_files

CONFIG_MISTAKES = {
    "unknown key": ("instalation: x\n", ["installation", "1:1"]),
    "wrong type": ("installation: home\ndata: [1, 2]\n", ["data", "2:"]),
    "broken YAML": ("installation: home\nplugins: {docker: {plugin: backend-docker\n", [":"]),
    "unknown role": ("installation: home\nroles: [controler]\n", ["controler", "controller"]),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n", [":"]),
    "not a mapping": ("- 1\n- 2\n", [":"]),
    "backend that is not there": ("installation: home\nbackend: nowhere\n", ["nowhere"]),
    "duplicate key": ("installation: a\ninstallation: b\n", ["installation", "2:"]),
}


@pytest.mark.parametrize("mistake", CONFIG_MISTAKES)
def test_mistake_in_the_configuration_is_named_with_its_place(site, tmp_path, mistake):
    text, words = CONFIG_MISTAKES[mistake]
    path = tmp_path / "config.yaml"
    path.write_text(text)
    kept, site.config = site.config, str(path)
    try:
        done = site.nsd_command("check-config", check=False)
    finally:
        site.config = kept
    assert done.returncode not in (0, -6, -11), done
    said = done.stdout + done.stderr
    assert all(word in said for word in words), said


def refused(site, method, code, words, **message):
    with pytest.raises(ApiError) as caught:
        site.api.call(method, message)
    assert caught.value.code == code, caught.value
    assert all(word in caught.value.message for word in words), caught.value
    return caught.value


@pytest.fixture(scope="module")
def some(site_of_session, testapp):
    """A registered repository and one application, stopped."""
    repo = site_of_session.repo("bad")
    repo.push(app_files(testapp, 1))
    yield site_of_session.app_of(repo, "bad", start=False)
    site_of_session.forget_apps()


def website(**changes):
    return [{"fqdn": "ok.apps.test", "pathPrefix": "/", "httpPort": 80, **changes}]


CONFIG = {"runtimeDockerfile": {"dockerfileName": "Dockerfile", "context": ".", "runtimeConfig": {}}}
BAD_APPLICATIONS = {
    "no name": ({"name": ""}, ["name"]),
    "long name": ({"name": "x" * 101}, ["name", "100"]),
    "control character": ({"name": "a\u0007b"}, ["name"]),
    "host outside": ({"websites": website(fqdn="a.example.com")}, ["fqdn", "a.example.com"]),
    "host with a backtick": ({"websites": website(fqdn="a`) || Host(`b.apps.test")}, ["fqdn"]),
    "trailing dot": ({"websites": website(fqdn="a.apps.test.")}, ["fqdn"]),
    "wildcard": ({"websites": website(fqdn="*.apps.test")}, ["fqdn"]),
    "path without slash": ({"websites": website(pathPrefix="api")}, ["path_prefix", "api"]),
    "path with dots": ({"websites": website(pathPrefix="/a/../b")}, ["path_prefix"]),
    "strip without path": ({"websites": website(stripPrefix=True)}, ["strip_prefix"]),
    "port": ({"websites": website(httpPort=70000)}, ["http_port", "70000"]),
    "no config": ({"config": {}}, ["config"]),
    "Dockerfile outside": ({"config": {"runtimeDockerfile": {"dockerfileName": "../Dockerfile", "context": "."}}}, ["dockerfile_name"]),
    "absolute context": ({"config": {"runtimeDockerfile": {"dockerfileName": "Dockerfile", "context": "/etc"}}}, ["context"]),
    "unbalanced quotes": ({"config": {"runtimeCmd": {"baseImage": "nsbase:1", "runtimeConfig": {"command": "echo 'x"}}}}, ["command"]),
    "cmd with nothing": ({"config": {"runtimeCmd": {"runtimeConfig": {}}}}, ["base_image"]),
    "port publication": ({"portPublications": [{"internetPort": 1, "applicationPort": 80, "protocol": "TCP"}]}, ["internet_port", "1"]),
}


@pytest.mark.parametrize("case", BAD_APPLICATIONS)
def test_bad_application_is_refused_with_the_field(site_of_session, some, case):
    changes, words = BAD_APPLICATIONS[case]
    message = {"name": "fine", "repositoryId": some.repository_id, "refName": "main", "config": CONFIG,
               "websites": website(), **changes}
    error = refused(site_of_session, "CreateApplication", "invalid_argument", words, **message)
    assert any(detail.get("type", "").endswith("BadRequest") for detail in error.details), error.details


def test_same_url_twice_is_refused(site_of_session, some):
    message = {"name": "second", "repositoryId": some.repository_id, "refName": "main", "config": CONFIG,
               "websites": website(fqdn=some.host)}
    refused(site_of_session, "CreateApplication", "already_exists", [some.host], **message)


BAD_REPOSITORIES = {
    "option for an URL": ({"url": "--upload-pack=touch /tmp/x"}, ["url"]),
    "file": ({"url": "file:///etc"}, ["url"]),
    "ext": ({"url": "ext::sh -c id"}, ["url"]),
    "private address": ({"url": "http://169.254.169.254/x.git"}, ["url", "169.254.169.254"]),
    "ssh without key": ({"url": "git@127.0.0.1:x.git"}, ["auth"]),
    "no auth": ({"auth": {}}, ["auth"]),
}


@pytest.mark.parametrize("case", BAD_REPOSITORIES)
def test_bad_repository_is_refused_with_the_field(site_of_session, case):
    changes, words = BAD_REPOSITORIES[case]
    message = {"name": "bad", "url": "http://127.0.0.1:3080/nothing.git", "auth": {"none": {}}, **changes}
    refused(site_of_session, "CreateRepository", "invalid_argument", words, **message)


def test_env_variables_are_checked(site_of_session, some):
    for key in ("", "lower", "1A", "A-B", "A" * 101, "A=B"):
        refused(site_of_session, "SetEnvVar", "invalid_argument", ["key"], applicationId=some.id, key=key, value="x")
    refused(site_of_session, "SetEnvVar", "invalid_argument", ["value"], applicationId=some.id, key="BIG", value="x" * 65537)


def test_unknown_ids_are_not_found(site_of_session):
    for method, field in (("GetApplication", "id"), ("GetBuild", "buildId"), ("GetRepository", "repositoryId"), ("GetBuilds", "id")):
        refused(site_of_session, method, "not_found", [], **{field: "0" * 22})


def test_methods_not_offered_say_so(site_of_session):
    with pytest.raises(ApiError) as caught:
        site_of_session.api.NoSuchMethod()
    assert caught.value.code in ("unimplemented", "not_found")


def raw(address, data):
    """Sends bytes as they are; returns what comes back within a second or two."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(2)
        connection.connect(address)
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer


PATH = f"/{SERVICE}/CreateApplication".encode()
MALFORMED = [
    b"", b"\x00" * 64, b"\r\n\r\n", b"GET", b"GET / HTTP/9.9\r\n\r\n", b"POST " + PATH + b" HTTP/1.1\r\n\r\n",
    b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST " + PATH + b" HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5000 + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100,
]
BODIES = [b"", b"{", b"[]", b"null", b'{"name": 7}', b'{"nope": 1}', b'{"name": "\xff\xfe"}', b'{"config": ' * 500,
          b'{"config":{"runtimeCmd":{},"runtimeDockerfile":{}}}', b'{"websites":[{"authentication":"MAYBE"}]}', b"\x00" * 100]


def test_malformed_bytes_at_the_gateway_crash_nothing(site_of_session):
    site = site_of_session
    pids = {role: daemon.pid for role, daemon in site.nsd.items()}
    for address in (f"{site.root}/run/api.sock", ("127.0.0.1", site.api_port)):
        for data in MALFORMED:
            raw(address, data)
    chance = random.Random(1)
    for body in BODIES + [chance.randbytes(chance.randrange(1, 300)) for _ in range(200)]:
        for content_type in ("application/json", "application/proto", "text/plain"):
            status, _, answer = site.api.request(PATH.decode(), body, content_type)
            assert 400 <= status < 500, (status, content_type, body[:60], answer[:200])
            if content_type == "application/json":
                assert json.loads(answer)["code"], answer
    for _ in range(100):
        raw(f"{site.root}/run/api.sock", chance.randbytes(chance.randrange(1, 2000)))
    assert site.ready()
    assert {role: daemon.pid for role, daemon in site.nsd.items()} == pids


def test_body_beyond_the_limit_is_refused(site_of_session):
    status, _, _ = site_of_session.api.request("/api/webhook/gitea", b"x" * (2 << 20))
    assert status == 413


def test_coming_from_loopback_makes_nobody_a_user(site_of_session):
    answer = raw(("127.0.0.1", site_of_session.api_port), b"POST /" + SERVICE.encode() + b"/GetMe HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Type: application/json\r\nX-Forwarded-User: alice\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    assert b" 401 " in answer.split(b"\r\n")[0] and b"unauthenticated" in answer, answer


def test_webhook_only_hints(site_of_session):
    for body in (b"{}", b"not json", b'{"repository":{"clone_url":"http://nowhere.test/x.git"}}'):
        status, _, _ = site_of_session.api.request("/api/webhook/gitea", body, headers={"X-Gitea-Event": "push"})
        assert status in (200, 202, 204, 400), status


def test_files_of_the_installation_are_private(site_of_session):
    """What holds secrets is readable by its owner alone."""
    data = f"{site_of_session.root}/data"
    for folder, _, names in os.walk(data):
        for name in names:
            if "key" in name and "docker" not in folder:
                assert os.stat(os.path.join(folder, name)).st_mode & 0o077 == 0, os.path.join(folder, name)
