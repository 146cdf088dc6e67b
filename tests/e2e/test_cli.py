"""`ns` as a person uses it: a form applied, compared and exported again, with addresses that
change places; output that is followed while the API goes away; what applications use; tokens of others."""
import json
import os
import subprocess
import threading
import time

from harness.daemon import start_ready
from harness.wait import until

COUNTER = "i=0; while :; do echo line-$i; i=$((i+1)); sleep 0.2; done"
FORM = """
repositories:
  - name: {name}
    url: {url}
applications:
  - name: {name}
    repository: {name}
    ref: main
    build:
      method: runtime-cmd
      baseImage: nsbase:1
      command: sh -c '{counter}'
    env:
      GREETING: hello
      TOKEN: {{secret: true, valueFrom: {{file: token}}}}
"""


def found(site, name):
    return next((a for a in site.api.GetApplications(scope="ALL")["applications"] if a["name"] == name), None)


def forget(site, name):
    app = found(site, name)
    if app:
        site.api.StopApplication(id=app["id"])
        site.api.DeleteApplication(id=app["id"])


def numbers(text):
    return [int(line.split("-")[1]) for line in text.splitlines() if line.startswith("line-")]


def test_form_is_applied_compared_exported_and_its_output_followed(site, tmp_path):
    name = "cli-form"
    repo = site.repo(name)
    repo.push({"README": "nothing to build\n"})
    form = tmp_path / "form.yaml"
    form.write_text(FORM.format(name=name, url=repo.url, counter=COUNTER))
    (tmp_path / "token").write_text("s3cret-value\n")
    try:
        # What is new is seen, made, and then there is nothing left to do.
        assert site.ns_raw("diff", "-f", form).returncode == 1
        assert site.ns_raw("apply", "-f", form).returncode == 2, "nobody can be asked"
        done = site.ns_raw("apply", "-f", form, "--yes", "--wait", check=True)
        assert f"created application {name}" in done.stderr
        again = site.ns_raw("apply", "-f", form, "--yes", check=True)
        assert "nothing was changed" in again.stdout and "TOKEN is kept" in again.stderr, again

        # What is exported has no secret, and applied it changes nothing.
        exported = site.ns_raw("export", name, check=True).stdout
        assert "TOKEN: {secret: true}" in exported and "s3cret-value" not in exported, exported
        form.write_text(exported)
        assert site.ns_raw("diff", "-f", form, check=True).stdout == ""
        assert "nothing was changed" in site.ns_raw("apply", "-f", form, "--yes", check=True).stdout

        # A mistake has its place, and nothing is changed.
        form.write_text(exported.replace("ref: main", "reff: main"))
        wrong = site.ns_raw("apply", "-f", form, "--yes")
        assert wrong.returncode == 2 and f"{form}:" in wrong.stderr and "did you mean \"ref\"?" in wrong.stderr

        follow_through_a_restart(site, name)

        # A change is that change alone.
        form.write_text(exported.replace("GREETING: hello", "GREETING: bye").replace("running: true", "running: false"))
        assert "+      GREETING: bye" in site.ns_raw("diff", "-f", form).stdout
        site.ns_raw("apply", "-f", form, "--yes", check=True)
        app = found(site, name)
        assert not app.get("running")
        assert {v["key"]: v.get("value", "") for v in site.api.GetEnvVars(id=app["id"])["variables"]}["GREETING"] == "bye"
    finally:
        forget(site, name)


def follow_through_a_restart(site, name):
    """`ns logs -f` while the services end and come back: every line once, in order."""
    argv = [f"{site.binaries}/ns", "--server", f"unix:{site.root}/run/api.sock", "logs", name, "-f"]
    reader = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(2)
        site.kill("services")
        start_ready(site.nsd["services"], site.ready)
        newest = numbers(site.ns_raw("logs", name, "--tail", "1", check=True).stdout)[0]
        time.sleep(2)
    finally:
        reader.terminate()
        out, err = reader.communicate(timeout=10)
    seen = numbers(out)
    assert seen == list(range(seen[0], seen[-1] + 1)), f"{seen}\n{err}"
    assert seen[-1] > newest, f"it went on: {seen[-1]}, {newest}\n{err}"
    assert "going on from there" in err, err
    since = numbers(site.ns_raw("logs", name, "--since", "10m", check=True).stdout)
    assert since[: len(seen)] == list(range(since[0], since[0] + len(seen))), since
    until(lambda: site.ns("doctor").returncode == 0, 30, "the installation is well again")


def test_form_moves_hosts_crosswise_and_is_refused_before_anything_is_done(site, testapp, tmp_path):
    one, two = site.app("cli-one", testapp, 1), site.app("cli-two", testapp, 2)
    one.wait_version(1)
    two.wait_version(2)
    form = tmp_path / "form.yaml"
    exported = site.ns_raw("export", "cli-one", "cli-two", check=True).stdout

    # What the server would refuse is told whole, with its places, and nothing of the form is done.
    form.write_text(exported.replace("ref: main", "ref: nowhere"))
    for words in (("apply", "--yes"), ("apply", "--dry-run"), ("diff",)):
        refused = site.ns_raw(*words, "-f", form)
        assert refused.returncode == 2 and refused.stderr.count("must be a branch, a tag or HEAD") == 2, refused
    assert [app.get()["refName"] for app in (one, two)] == ["main", "main"]

    # Each takes the host of the other.
    moved = exported.replace(one.host, "-").replace(two.host, one.host).replace("fqdn: -", f"fqdn: {two.host}")
    form.write_text(moved)
    dry = site.ns_raw("apply", "-f", form, "--dry-run", check=True)
    assert "change application cli-one: websites" in dry.stdout and "Nothing was changed" in dry.stdout
    assert [app.get()["websites"][0]["fqdn"] for app in (one, two)] == [one.host, two.host]
    done = site.ns_raw("apply", "-f", form, "--yes", "--wait", check=True)
    assert f"http://{one.host}/ goes from application cli-one to cli-two" in done.stderr, done.stderr
    one.host, two.host = two.host, one.host
    one.wait_version(1)
    two.wait_version(2)
    assert site.ns_raw("diff", "-f", form, check=True).stdout == ""

    # One changed in between is left as it is.
    app = site.ns_json("api", "ApplicationService/GetApplication", json.dumps({"applicationId": one.id}))
    one.update(name="cli-renamed")
    late = {"applicationId": one.id, "form": {"name": "cli-late"}, "updateMask": "name", "etag": app["etag"]}
    refused = site.ns_raw("api", "ApplicationService/UpdateApplication", json.dumps(late))
    assert refused.returncode == 1 and "was changed since it was read" in refused.stderr, refused
    assert one.get()["name"] == "cli-renamed"
    site.ns_raw("app", "update", "cli-renamed", "--name", "cli-one", "--set", "context=.", check=True)
    assert one.get()["name"] == "cli-one"


def test_usage_builds_and_tokens_of_others_by_commands(site, testapp):
    one, two = site.app("cli-mine", testapp, 1), site.app("cli-other", testapp, 2)
    one.wait_version(1)
    two.wait_version(2)
    top = {app["name"]: app for app in site.ns_json("top", "--once")["applications"]}
    assert top["cli-mine"]["state"] == "LIVE" and top["cli-mine"]["ready"] == 1, top
    until(lambda: len(site.ns_json("app", "metrics", "cli-mine")["Memory"]) > 1, 90, "something is measured")
    until(lambda: {app["name"]: app for app in site.ns_json("top", "--once")["applications"]}["cli-mine"].get("memory", 0) > 10_000, 60,
          "and shown by top")
    assert "Memory " in site.ns_raw("app", "metrics", "cli-mine", check=True).stdout
    shown = site.ns_raw("build", "show", "cli-mine", check=True).stdout
    assert "SUCCEEDED" in shown and one.builds()[0]["commit"] in shown, shown

    # A token of somebody else, limited to one application: nothing tells of the other one.
    text = site.ns_raw("token", "create", "cli-ci", "--scope", "read", "--user", "cli-robot", "--app", "cli-mine", check=True).stdout.strip()

    def ns(*words):
        return subprocess.run([f"{site.binaries}/ns", "--server", f"http://127.0.0.1:{site.api_port}", *words],
                              capture_output=True, text=True, timeout=60, env={**os.environ, "NS_TOKEN": text})
    assert [app["name"] for app in json.loads(ns("top", "--once", "--json").stdout)["applications"]] == ["cli-mine"]
    assert ns("queue").returncode == 0
    seen = watched(site, text, lambda: (two.stop(), one.stop()))
    assert one.id in seen[0] and one.id in seen[-1] and not any(two.id in line for line in seen), seen

    listed = site.ns_raw("token", "list", "--user", "cli-robot", check=True).stdout
    assert "cli-ci" in listed and text not in listed
    assert site.ns_raw("token", "revoke", "cli-ci").returncode == 3, "it is none of root's"
    site.ns_raw("token", "revoke", "cli-ci", "--user", "cli-robot", check=True)
    assert ns("whoami").returncode == 4
    assert "RevokeToken" in site.ns_raw("audit", "-n", "5", check=True).stdout


def watched(site, token, act):
    """Lines of `ns watch --json` with that token: what is there, and the first that comes of `act`."""
    argv = [f"{site.binaries}/ns", "--server", f"http://127.0.0.1:{site.api_port}", "watch", "--json"]
    lines, acted = [], False
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={**os.environ, "NS_TOKEN": token}) as reader:
        patience = threading.Timer(60, reader.kill)
        patience.start()
        try:
            for line in reader.stdout:
                lines.append(line)
                if acted:
                    break
                if '"synced"' in line:
                    act()
                    acted = True
        finally:
            patience.cancel()
            reader.kill()
    return lines
