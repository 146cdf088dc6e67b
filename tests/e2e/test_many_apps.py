"""More applications than Docker's default address pools hold networks, all at once on one machine."""
from concurrent.futures import ThreadPoolExecutor

from harness.repo import app_files
from harness.wait import until

COUNT = 60


def test_sixty_applications_at_once(site, testapp):
    repo = site.repo("many")
    repo.push(app_files(testapp, 1))
    repository_id = site.register(repo)
    with ThreadPoolExecutor(8) as pool:
        apps = list(pool.map(lambda n: site.app_of(repo, f"many-{n}", repository_id=repository_id), range(COUNT)))
    until(lambda: [a.host for a in apps if a.version() != "1"] == [], 240,
          lambda: f"all answer; missing {[a.host for a in apps if a.version() != '1']}\n{site.logs_tail()}", every=0.5)
    addresses = set()
    for app in apps:
        networks = site.networks(app.id)
        assert len(networks) == 1, (app.host, networks)
        addresses.add(networks[0]["IPAM"]["Config"][0]["Subnet"])
    assert len(addresses) == COUNT
    for app in apps:
        app.stop()
    until(lambda: not [c for c in site.containers() if c["State"]["Running"] and any(a.id in c["Name"] for a in apps)], 120,
          "all stopped")
    for app in apps:
        until(app.try_delete, 30, "deleted")
    until(lambda: not any(site.networks(a.id) for a in apps), 120, "no network left", every=1)
