import time
from harness.wait import until
from rig.judge import judge, newest_everywhere, settled
def test_smoke(new_site):
    t=time.monotonic()
    site = new_site().start()
    print("start", time.monotonic()-t); t=time.monotonic()
    app = site.app("one")
    app.wait_version(1)
    print("first", time.monotonic()-t)
    for _ in range(3):
        t=time.monotonic()
        v = site.push(app)
        print("pushed", time.monotonic()-t)
        app.wait_version(v)
        print("live", time.monotonic()-t)
    until(lambda: settled(site) and newest_everywhere(site), 20, "settled")
    print(judge(site), app.accepted(), app.files(), app.images())
