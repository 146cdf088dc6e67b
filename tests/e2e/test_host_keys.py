"""A real sshd that changes its host key between two fetches: it is told nothing until somebody accepts the key that they have seen."""
import json
import shutil

import pytest

from harness.api import ApiError
from harness.repo import app_files
from harness.ssh import SshHost
from harness.wait import stays, until

KEYS = "neoshowcase.platform.v1.RepositoryService"
PLATFORM = "neoshowcase.platform.v1.PlatformService"


@pytest.fixture
def host(site):
    host = SshHost(site, "ssh", 3922)
    yield host
    host.stop()
    shutil.rmtree(host.root)


def fetch(site, repository):
    """The condition of the last look; a next one is asked for."""
    try:
        site.api.RefreshRepository(repositoryId=repository)
    except ApiError as error:
        assert error.code == "resource_exhausted", error
    conditions = site.api.call("GetRepositoryStatus", {"repositoryId": repository}, service=PLATFORM).get("conditions", [])
    return next((c for c in conditions if c["type"] == "Fetch"), {})


def told(site, repository):
    events = site.sql(f"select message from events where subject_id = '{repository}' and kind = 'host_keys.changed' order by number")
    return [message.split()[0] for message in events]


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_changed_host_key(site, testapp, host, kind):
    host.new_key(kind).start(kind)
    name, first = f"host-key-{kind}", host.fingerprint(kind)
    repo = site.repo(name)
    commit = repo.push(app_files(testapp, 1))
    repository = site.api.CreateRepository(name=name, url=host.url(repo), auth={"ssh": {}})["id"]
    app = site.app_of(repo, name, repository_id=repository, start=kind == "ed25519")
    until(lambda: app.get()["commit"] == commit, 30, lambda: f"it is fetched: {fetch(site, repository)}", every=1)
    if kind == "ed25519":
        app.wait_version(1)
    keys = site.api.call("GetHostKeys", {"repositoryId": repository}, service=KEYS)
    assert [key["fingerprint"] for key in keys["pinned"]] == [first] and keys["trusted"], keys

    second = host.new_key(kind).start(kind).fingerprint(kind)
    later = repo.push({"version": "2\n"})
    refused = until(lambda: (now := fetch(site, repository)).get("reason") == "HostKeyChanged" and now, 30,
                    lambda: f"it is refused: {fetch(site, repository)}", every=1)
    for words in (first, second, f"127.0.0.1:{host.port}", "ns repo host-key accept"):
        assert words in refused["message"], refused
    stays(lambda: app.get()["commit"] == commit, 3, "nothing is fetched")

    shown = json.loads(site.ns("repo", "host-key", "show", repository, check=True).stdout)
    assert shown["reason"] == "HostKeyChanged" and shown["shown"]["publicKey"] == host.key(kind), shown
    assert site.ns_raw("repo", "host-key", "accept", repository, first).returncode != 0, "that is not the one"
    site.ns_raw("repo", "host-key", "accept", repository, second, check=True)
    until(lambda: app.get()["commit"] == later, 30, lambda: f"it is fetched again: {fetch(site, repository)}", every=1)
    if kind == "ed25519":
        app.wait_version(2)
    assert told(site, repository) == [first, second]


def test_host_keys_that_are_given(site, testapp, host):
    host.new_key("ed25519").new_key("ecdsa").start("ecdsa")
    repo = site.repo("host-key-given")
    repo.push(app_files(testapp, 1))
    add = ("repo", "add", host.url(repo), "--key", "platform", "--host-key", host.key("ed25519"))
    wrong = site.ns_raw(*add)
    assert wrong.returncode != 0 and host.fingerprint("ecdsa") in wrong.stderr, wrong
    repository = site.ns_raw(*add, "--host-key", host.key("ecdsa"), check=True).stdout.strip()
    assert told(site, repository) == [host.fingerprint("ed25519")], "and the other behind it"
    host.start("ed25519")
    keys = site.ns_json("repo", "host-key", "show", repository)
    assert keys["trusted"] and len(keys["pinned"]) == 2, keys
    site.ns_raw("repo", "host-key", "set", repository, host.key("ed25519"), check=True)
    site.ns_raw("repo", "refs", repository, check=True)
    site.ns_raw("repo", "delete", repository, check=True)


FORM = """
repositories:
  - name: host-key-form
    url: {url}
    auth: {{method: ssh, key: platform}}
    hostKeys:
"""


def test_host_keys_of_a_form(site, testapp, host, tmp_path):
    host.new_key("ed25519").new_key("ecdsa").start("ecdsa")
    repo = site.repo("host-key-form")
    repo.push(app_files(testapp, 1))
    form = tmp_path / "form.yaml"

    def apply(*kinds):
        form.write_text(FORM.format(url=host.url(repo)) + "".join(f"      - {host.key(kind)} of a test\n" for kind in kinds))
        return site.ns_raw("apply", "-f", form, "--yes")

    wrong = apply("ed25519")
    assert wrong.returncode == 2 and host.fingerprint("ecdsa") in wrong.stderr and f"{form}:3:5: " in wrong.stderr, wrong
    both = apply("ed25519", "ecdsa")
    assert both.returncode == 0, both
    try:
        again = apply("ecdsa", "ed25519")
        assert again.returncode == 0 and "nothing was changed" in again.stdout, again
        exported = site.ns_raw("export", check=True).stdout
        assert host.key("ed25519") in exported and host.key("ecdsa") in exported, exported
        # Before the host changes its own.
        one = apply("ed25519")
        assert one.returncode == 0 and "change repository host-key-form: hostKeys" in one.stderr, one
        keys = site.ns_json("repo", "host-key", "show", "host-key-form")
        assert [key["publicKey"] for key in keys["pinned"]] == [host.key("ed25519")] and not keys["trusted"], keys
        host.stop()
        assert host.key("ed25519") in site.ns_raw("export", check=True).stdout, "what is pinned is known without the host"
    finally:
        site.ns_raw("repo", "delete", "host-key-form", check=True)
