"""What applications use, from a real container to the API."""
from datetime import datetime, timedelta, timezone

import pytest
from harness.api import ApiError
from harness.repo import app_files
from harness.wait import until


def ask(app, name, seconds=600, before=None):
    before = before or datetime.now(timezone.utc) + timedelta(seconds=5)
    answer = app.call("GetApplicationMetrics", applicationId=app.id, metricsName=name,
                      before=before.isoformat().replace("+00:00", "Z"), limitSeconds=str(seconds))
    return [(one["time"], one.get("value", 0)) for one in answer.get("metrics", [])]


def test_container_that_burns_shows_up_and_goes_on_while_the_controller_is_down(site, testapp):
    assert site.api.GetAvailableMetrics()["metricsNames"] == ["CPU", "Memory", "NetworkReceived", "NetworkSent"]
    repo = site.repo("metrics")
    files = app_files(testapp, 1)
    del files["Dockerfile"]
    repo.push(files)
    app = site.app_of(repo, "metrics", config={"runtimeCmd": {
        "baseImage": "nsbase:1", "buildCmd": "cp version mode /",
        "runtimeConfig": {"command": "sh -c 'while :; do :; done & exec /srv/testapp'"}}})
    app.wait_version(1)
    for _ in range(20):
        app.version()
    # The machine may be busy: whatever it gets of a processor is far more than a sleeping program takes.
    until(lambda: any(value > 0.05 for _, value in ask(app, "CPU")), 90, "the busy loop shows up")
    times = [time for time, _ in ask(app, "CPU")]
    assert times == sorted(times) and len(set(times)) == len(times)
    assert 100_000 < ask(app, "Memory")[-1][1] < 1 << 30
    until(lambda: sum(value for _, value in ask(app, "NetworkReceived")) > 0, 60, "the requests show up")
    assert ask(app, "CPU", before=datetime(2020, 1, 1, tzinfo=timezone.utc)) == []
    with pytest.raises(ApiError) as refused:
        ask(app, "Disk")
    assert refused.value.code == "not_found"
