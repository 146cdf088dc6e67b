"""Pushes to many repositories at a steady rate, and how long the platform takes to get there."""
import random
import threading
import time

from harness.wait import until

from .judge import newest_everywhere, settled
from .sources import tell_webhook


class Pushes:
    """Pushes `rate` times a second, each to an application chosen by chance. A webhook that fails is sent again, as forges do."""

    def __init__(self, site, rate, seed):
        self.site, self.rate, self.random = site, rate, random.Random(seed)
        self.stopping, self.untold, self.count, self.problem = threading.Event(), [], 0, None
        self.threads = [threading.Thread(target=self.guarded, args=(work,), daemon=True) for work in (self.push, self.tell)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """No more pushes; the webhooks that are still owed are sent."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
        assert self.problem is None, self.problem

    def guarded(self, work):
        try:
            work()
        except Exception as problem:
            self.problem = problem

    def push(self):
        begin = time.monotonic()
        while not self.stopping.wait(max(0, begin + self.count / self.rate - time.monotonic())):
            app = self.random.choice(self.site.apps)
            app.source.push()
            self.untold.append(app.source.url)
            self.count += 1

    def tell(self):
        while self.threads[0].is_alive() or self.untold:
            time.sleep(0.02)
            if self.untold and tell_webhook(self.site.api_port, self.untold[0]):
                self.untold.pop(0)
            elif self.untold:
                time.sleep(0.2)


def await_versions(site, wanted, seconds):
    """Seconds until each application runs at least the version given for it."""
    begin = time.monotonic()
    left = dict(wanted)

    def look():
        for app in list(left):
            if (app.version() or 0) >= left[app]:
                del left[app]
        return not left
    until(look, seconds, lambda: f"{[(a.name, v, a.version()) for a, v in left.items()]}\n{site.logs_tail()}", every=0.02)
    return time.monotonic() - begin


def await_rest(site, seconds):
    """Seconds until the newest version runs everywhere and nothing is under way."""
    begin = time.monotonic()
    until(lambda: newest_everywhere(site) and settled(site), seconds,
          lambda: f"{[(a.name, a.version(), a.source.version, a.files().get('generation')) for a in site.apps]}\n{site.logs_tail()}",
          every=0.05)
    return time.monotonic() - begin


def quantile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]
