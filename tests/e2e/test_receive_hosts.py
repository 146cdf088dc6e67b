"""git push over TLS and HTTP/2 to a host of services; what is pushed there is built by a builder elsewhere, which has no
database and fetches it over that gateway; a second host of services beside it has a data folder of its own."""
import os
import shutil

import pytest

from harness import elsewhere
from harness.api import Api
from harness.certificates import make_certificates, make_token as make_secret
from harness.daemon import Daemon
from harness.installation import Installation
from harness.repo import DOCKERFILE, app_files
from harness.wait import until
from harness.worktree import WorkTree, make_token, repository_of
from test_operations import get, total

INDEX, LINK, TLS, EDGE_PUBLIC, EDGE_OPERATIONS = 9, 7449, 4449, 4459, 9199

GATEWAY = """
  gateway_tls: {{plugin: gateway, listen: ["127.0.0.1:{tls_port}"], config: {{tls: {{certificate: {tls}/controller.pem, key: {tls}/controller.key}}}}}}
receive: {{address: "https://localhost:{tls_port}"}}
"""


@pytest.fixture(scope="module")
def hosts(machine, binaries, logs):
    site = Installation(machine, "pushed", binaries, logs, index=INDEX)
    tls = f"{site.root}/tls"
    make_certificates(tls, "DNS:localhost,IP:127.0.0.1")
    make_secret(f"{tls}/token")
    with open(site.config) as file:
        text = file.read()
    site.write_config(text.rstrip("\n") + GATEWAY.format(tls=tls, tls_port=TLS) +
                      elsewhere.link_settings(site, LINK, [("builder-1", "token", "builder")]))
    site.nsd = {"services": Daemon("pushed-services", [f"{binaries}/nsd", "--config", site.config, "--roles", "controller,services"], logs),
                "builder": elsewhere.builder(site, logs, LINK, git=f"{{private_hosts: [localhost], ca_file: {tls}/ca.pem}}")}
    site.start()
    yield site
    site.forget_apps()
    site.stop()


@pytest.fixture(scope="module")
def token(hosts):
    return make_token(hosts, "push")


@pytest.fixture
def edge(hosts, logs):
    """Another host of services, with a data folder of its own."""
    operations = f"127.0.0.1:{EDGE_OPERATIONS}"
    command = elsewhere.services(hosts, f'listen: ["unix:{hosts.root}/edge.sock", "127.0.0.1:{EDGE_PUBLIC}", "{operations}"], '
                                        f'config: {{operations: ["{operations}"]}}')
    daemon = Daemon("pushed-edge", command, logs).start()
    until(lambda: os.path.exists(f"{hosts.root}/edge.sock") and get(EDGE_OPERATIONS, "/readyz")[0] == 200, 30, daemon.log_tail)
    yield Api(f"{hosts.root}/edge.sock")
    daemon.stop()


def tls_tree(hosts, name, version="HTTP/2"):
    return WorkTree(hosts, name, f"https://127.0.0.1:{TLS}",
                    (f"http.version={version}",), {"GIT_SSL_CAINFO": f"{hosts.root}/tls/ca.pem"})


@pytest.mark.parametrize("version", ["HTTP/2", "HTTP/1.1"])
def test_large_push_and_clone_over_tls(hosts, token, version):
    name = "h" + version[5]
    tree = tls_tree(hosts, name, version)
    commit = tree.commit({"noise": os.urandom(12 << 20)})
    done = tree.push(token, GIT_CURL_VERBOSE="1")
    assert done.returncode == 0, done.stderr[-2000:]
    assert ("HTTP/2 200" in done.stderr) == (version == "HTTP/2"), [line for line in done.stderr.splitlines() if "HTTP/" in line]
    clone = tree.folder + "-clone"
    shutil.rmtree(clone, ignore_errors=True)
    tree.git("clone", "-q", tree.url(token), clone)
    assert tree.git("-C", clone, "rev-parse", "HEAD") == commit
    refused = tree.push("nst_" + "0" * 40, "HEAD:other")
    assert refused.returncode != 0 and "Authentication failed" in refused.stderr, refused.stderr


def test_builder_elsewhere_fetches_it_and_its_submodule_over_that_gateway(hosts, testapp, token):
    lib = tls_tree(hosts, "far-lib")
    part = lib.commit({"version": "21\n"})
    assert lib.push(token).returncode == 0
    tree = tls_tree(hosts, "far-app")
    files = app_files(testapp, 1)
    tree.commit(files)
    assert tree.push(token).returncode == 0
    app = hosts.app_of(None, "far-app", repository_id=repository_of(hosts, "far-app")["id"])
    app.wait_version(1)
    tree.commit({"Dockerfile": DOCKERFILE.replace("COPY version mode /", "COPY lib/version mode /")},
                submodules={"lib": ("../far-lib.git", part)})
    assert tree.push(token).returncode == 0
    app.wait_version(21)
    assert os.path.isdir(f"{hosts.root}/data/repositories/far-app.git")
    assert os.listdir(f"{hosts.root}/builder/repositories") == [], "it lies on one host alone"
    # Git asks with the token of a host from another data folder, and nobody else's is good.
    assert tree.run("ls-remote", f"https://ns-fetch+far-app:1.x@127.0.0.1:{TLS}/git/far-app.git").returncode != 0


def test_push_to_another_host_of_services_is_told_where_to_go(hosts, edge, token):
    tree = tls_tree(hosts, "lies-there")
    tree.commit({"a": "a"})
    assert tree.push(token).returncode == 0
    refused = tree.run("push", f"http://any:{token}@127.0.0.1:{EDGE_PUBLIC}/git/lies-there.git", "HEAD:main")
    assert refused.returncode != 0 and f"use https://localhost:{TLS}/git/lies-there.git" in refused.stderr, refused.stderr
    assert tree.run("push", f"http://any:{token}@127.0.0.1:{EDGE_PUBLIC}/git/lies-here.git", "HEAD:main").returncode == 0
    assert os.path.isdir(f"{hosts.root}/edge/repositories/lies-here.git")


def metrics(port):
    text = get(port, "/metrics")[2]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}


def test_metrics_of_each_host_of_services_are_its_own_and_for_operators_alone(hosts, edge):
    calls = r"neoshowcase_api_calls_total\{.*GetSystemInfo"
    before = [total(metrics(port), calls) for port in (hosts.operations_port, EDGE_OPERATIONS)]
    for api, times in ((hosts.api, 2), (edge, 5)):
        for _ in range(times):
            api.GetSystemInfo()
    after = [total(metrics(port), calls) for port in (hosts.operations_port, EDGE_OPERATIONS)]
    assert [b - a for a, b in zip(before, after)] == [2, 5]
    for path in ("/metrics", "/healthz", "/readyz"):
        assert get(hosts.api_port, path)[0] == 404 and get(EDGE_PUBLIC, path)[0] == 404, path
    for port in (hosts.operations_port, EDGE_OPERATIONS):
        assert get(port, "/git/lies-there.git/info/refs?service=git-upload-pack")[0] == 404
