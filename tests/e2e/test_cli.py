"""`ns` as a person uses it: a form applied, compared and exported again; output that is followed while the API goes away."""
import subprocess
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
