"""Push to live, for both build methods, through real Git, registry, Docker and Traefik."""
import json
import time

from harness.repo import app_files
from harness.wait import stays, until

CMD_FILES = {
    "build.sh": "#!/bin/sh\nset -e\ncp version /srv/www-version\n",
    "testapp": None,
}


def test_dockerfile_push_to_live_and_second_push(site, testapp):
    app = site.app("push-dockerfile", testapp, version=1)
    app.wait_version(1)
    commit = app.push_version(2)
    app.wait_version(2)
    assert app.get()["commit"] == commit
    assert app.build_status(commit) == "SUCCEEDED"
    log = app.log(app.build(commit)["id"])
    assert "COPY version mode" in log, log[-500:]
    assert app.get()["container"] == "RUNNING"
    until(lambda: len(app.containers()) == 1, 30, "only the new container is left")


def test_command_build_push_to_live_and_second_push(site, testapp):
    repo = site.repo("push-cmd")
    files = app_files(testapp, 1)
    del files["Dockerfile"]
    repo.push(files)
    app = site.app_of(repo, "push-cmd", config={"runtimeCmd": {
        "baseImage": "nsbase:1", "buildCmd": "cp version mode /\necho built $(cat version)",
        "runtimeConfig": {"command": "/srv/testapp"}}})
    app.wait_version(1)
    commit = app.push_version(2)
    app.wait_version(2)
    assert "built 2" in app.log(app.build(commit)["id"])


def test_push_of_another_branch_changes_nothing(site, testapp):
    app = site.app("push-branch", testapp, version=1)
    app.wait_version(1)
    app.repo.commit({"version": "9\n"})
    app.repo.git("push", "-q", "origin", "HEAD:other")
    app.call("RefreshRepository", repositoryId=app.repository_id)
    stays(lambda: app.version() == "1", 3, "version 1 serves")
    assert len(app.builds()) == 1


def test_deploy_command_registers_builds_and_prints_the_url_last(site, testapp):
    repo = site.repo("deploy-cli")
    repo.push(app_files(testapp, 5))
    done = site.ns_raw("deploy", repo.url, check=True)
    url = done.stdout.strip().splitlines()[-1]
    assert url.startswith("http://"), done.stdout
    host = url.split("/")[2].split(":")[0]
    status, headers, _ = site.get(host)
    assert (status, headers["X-Version"]) == (200, "5")
    made = [a for a in site.api.GetApplications(scope="ALL")["applications"] if a["websites"][0]["fqdn"] == host]
    status = site.ns_json("status", made[0]["id"])
    assert status["timeline"], status
    site.api.StopApplication(id=made[0]["id"])
    site.api.DeleteApplication(id=made[0]["id"])


def test_status_shows_conditions_and_the_seconds_of_each_phase(site, testapp):
    app = site.app("push-status", testapp)
    app.wait_version(1)
    until(lambda: app.status().get("timeline"), 10, "a timeline")
    assert all(c.get("reason") for c in app.conditions().values()), app.conditions()
    text = site.ns_raw("status", app.id, check=True).stdout
    assert app.host in text or app.get()["name"] in text


def test_application_without_env_and_output(site, testapp):
    app = site.app("push-output", testapp, version=3)
    app.wait_version(3)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    outputs = until(lambda: app.call("GetOutput", applicationId=app.id, before=now, limit=10).get("outputs"), 10, "output")
    assert any("testapp 3" in line["log"] for line in outputs), json.dumps(outputs)
