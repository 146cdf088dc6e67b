"""Measures, while a load goes on, how long after a disturbance what had been pushed before it runs."""
import threading
import time


class Monitor:
    """`mark()` at each disturbance; `seconds` has an entry for each that was got over."""

    def __init__(self, site):
        self.site, self.open, self.seconds, self.lock, self.stopping = site, [], [], threading.Lock(), threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(30)

    def mark(self):
        with self.lock:
            self.open.append((time.monotonic(), {app: app.source.version for app in self.site.apps}))

    def look(self):
        while not self.stopping.wait(0.02):
            versions = {app: app.version() or 0 for app in self.site.apps}
            now = time.monotonic()
            with self.lock:
                for begin, wanted in list(self.open):
                    if all(versions[app] >= version for app, version in wanted.items()):
                        self.seconds.append(now - begin)
                        self.open.remove((begin, wanted))


def told(seconds, what):
    """One line for people: how many, median, 99th percentile, longest."""
    from .load import quantile
    return (f"{len(seconds)} {what}: converged after p50 {quantile(seconds, 0.5):.2f} s, p99 {quantile(seconds, 0.99):.2f} s, "
            f"longest {max(seconds):.2f} s")
