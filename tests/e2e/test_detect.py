"""What a repository is built with is found by a builder that looks at it."""
import json

from harness.repo import app_files
from harness.wait import until


def deploy(site, repo, *args, check=True):
    return site.ns_raw("deploy", repo.url, *args, check=check)


def forget(site, host):
    for app in site.api.GetApplications(scope="ALL")["applications"]:
        if app["websites"] and app["websites"][0]["fqdn"] == host:
            site.api.StopApplication(id=app["id"])
            site.api.DeleteApplication(id=app["id"])


def test_page_becomes_a_static_site_by_one_command(site):
    repo = site.repo("detect-page")
    repo.push({"index.html": "a page\n", "style.css": "p {}\n"})
    done = deploy(site, repo)
    host = done.stdout.strip().splitlines()[-1].split("/")[2].split(":")[0]
    assert "static-cmd. " in done.stderr and "index.html" in done.stderr, done.stderr
    until(lambda: site.get(host)[0] == 200, 30, lambda: f"{host} answers\n{site.logs_tail()}")
    assert site.get(host)[2] == "a page\n"
    forget(site, host)


def test_dockerfile_becomes_a_program_and_the_second_deploy_looks_at_nothing(site, testapp):
    repo = site.repo("detect-dockerfile")
    repo.push(app_files(testapp, 3))
    done = deploy(site, repo)
    host = done.stdout.strip().splitlines()[-1].split("/")[2].split(":")[0]
    assert "runtime-dockerfile. There is a Dockerfile, Dockerfile, which exposes port 8080." in done.stderr, done.stderr
    assert site.get(host)[1]["X-Version"] == "3"
    assert "looking at the source" not in deploy(site, repo).stderr
    forget(site, host)


def test_source_that_nobody_knows_is_told_what_was_looked_for(site):
    repo = site.repo("detect-nothing")
    repo.push({"notes.txt": "nothing to build\n"})
    done = deploy(site, repo, check=False)
    assert done.returncode == 1, done
    for method in ("runtime-cmd", "runtime-dockerfile", "static-cmd", "static-dockerfile"):
        assert f"  {method}: " in done.stderr, done.stderr
    assert "There is no Dockerfile" in done.stderr and "ns app create" in done.stderr, done.stderr


def test_detect_shows_every_method_and_deploys_nothing(site):
    repo = site.repo("detect-both")
    repo.push({"Dockerfile": "FROM scratch\nEXPOSE 7000\n", "package.json": json.dumps(
        {"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}), "index.html": "page\n"})
    told = json.loads(deploy(site, repo, "--detect", "--json").stdout)
    fits = [(method["name"], method["fit"]) for method in told["methods"]]
    assert fits[0] == ("runtime_dockerfile", 90) and ("static_cmd", 85) in fits, fits
    assert fits == sorted(fits, key=lambda one: -one[1])
    assert told["methods"][0]["httpPort"] == 7000, told
    site_of = next(method for method in told["methods"] if method["name"] == "static_cmd")
    assert site_of["artifactPath"] == "dist" and "npm" in json.loads(site_of["settings"])["build_cmd"], site_of
    assert all(method["reason"] for method in told["methods"] + told["misfits"]), told
    table = deploy(site, repo, "--detect").stdout.splitlines()
    assert table[0].split() == ["FIT", "METHOD", "SETTINGS", "WHY"] and len(table) == 1 + len(told["methods"]) + len(told["misfits"])
    assert not any(app["name"] == repo.name for app in site.api.GetApplications(scope="ALL").get("applications", []))
