"""What operators ask for: health, readiness and metrics, on an address of their own."""
import http.client
import re
import subprocess

from harness.machine import ROOT
from harness.wait import until


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type"), answer.read().decode()
    finally:
        connection.close()


def metrics(site):
    """name with labels -> value."""
    status, kind, text = get(site.operations_port, "/metrics")
    assert status == 200 and kind.startswith("text/plain; version=0.0.4"), (status, kind)
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if not line.startswith("#")}


def total(found, pattern):
    return sum(value for name, value in found.items() if re.match(pattern, name))


def test_operators_have_an_address_of_their_own(site):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert get(site.operations_port, path)[0] == 200, path
        assert get(site.api_port, path)[0] == 404, path
    assert get(site.operations_port, "/api/webhook/gitea")[0] == 404
    assert get(site.operations_port, "/neoshowcase.protobuf.APIService/GetMe?message=%7B%7D&encoding=json")[0] == 404


def test_metrics_are_well_formed_and_move(site):
    text = get(site.operations_port, "/metrics")[2]
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0 and not checked.stderr, checked.stderr
    calls = r'neoshowcase_api_calls_total\{.*GetSystemInfo'
    before = total(metrics(site), calls)
    for _ in range(3):
        site.api.GetSystemInfo()
    site.api.request("/nobody.knows.Such/Method%07", b"{}")
    after = metrics(site)
    assert total(after, calls) == before + 3
    assert not [name for name in after if "nobody.knows" in name], "names of strangers are no labels"
    assert after["neoshowcase_database_up"] == 1
    assert total(after, r"neoshowcase_database_sessions\{") >= 1
    passes = r'neoshowcase_loop_passes_total\{.*observer'
    until(lambda: any(re.match(passes, name) for name in metrics(site)), 30, "the controller's loops are told of")
    assert total(after, r'neoshowcase_plugin_healthy\{.*plugin="docker"') == 1


def test_page_says_what_the_metrics_are_and_gives_rules_that_prometheus_takes(site, tmp_path):
    with open(f"{ROOT}/docs/operations.md", encoding="utf-8") as file:
        page = file.read()
    names = set(re.findall(r"^# TYPE (neoshowcase_\w+) ", get(site.operations_port, "/metrics")[2], re.M))
    documented = set(re.findall(r"neoshowcase_\w+", page))
    assert len(names) > 15 and names <= documented, names - documented
    rules = tmp_path / "rules.yml"
    rules.write_text(re.search(r"```yaml\n(groups:.*?)```", page, re.S).group(1))
    checked = subprocess.run(["promtool", "check", "rules", str(rules)], capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_gateway_answers_while_the_controller_is_down(site):
    site.nsd["controller"].stop()
    try:
        status, _, text = get(site.operations_port, "/metrics")
        assert status == 200 and "\nneoshowcase_database_up" in text
        assert get(site.operations_port, "/healthz")[0] == 200
    finally:
        site.nsd["controller"].start()
        site.wait_ready()
    until(lambda: total(metrics(site), r'neoshowcase_host_seen_age_seconds\{.*controller') < 10, 30, "it is back")
