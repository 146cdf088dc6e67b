"""Starts a process again whenever a failpoint has ended it, without that failpoint."""
import re
import threading

HIT = re.compile(r"^failpoint (\S+): (\w+)$", re.M)


class Keeper:
    """Arms `rules` (point -> action) in one process of a site. `hits`: those that acted, in order. `died`: called after each
    crash, while there is no process."""

    def __init__(self, site, process, rules, died=lambda: None):
        self.died = died
        self.daemon, self.armed, self.hits, self.unexpected = site.nsd[process], dict(rules), [], []
        self.read, self.asked = 0, False
        self.leaving = threading.Event()
        self.thread = threading.Thread(target=self.keep, daemon=True)

    def start(self):
        self.launch()
        self.thread.start()
        return self

    def launch(self):
        self.daemon.env["NS_FAILPOINTS"] = ";".join(f"{point}={action}" for point, action in self.armed.items())
        self.daemon.start()

    def keep(self):
        while not self.leaving.wait(0.01):
            if self.daemon.running():
                continue
            self.collect()
            if self.leaving.is_set():
                return
            crashed = [p for p in self.hits if self.armed.get(p, "").startswith("crash")]
            if not crashed and not self.asked:  # it goes on, so that the run comes to its end, where this is told
                self.unexpected.append(f"{self.daemon.name} ended by itself ({self.daemon.process.returncode}):\n{self.daemon.log_tail()}")
            if crashed:
                self.died()
            self.asked = False
            for point in self.hits:  # each once
                self.armed.pop(point, None)
            self.launch()

    def collect(self):
        with open(self.daemon.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.read)
            text = file.read()
        whole = text[:text.rfind("\n") + 1]
        self.read += len(whole.encode(errors="replace"))
        self.hits += [point for point, _ in HIT.findall(whole) if point not in self.hits]

    def restart(self):
        """Ends the process in the ordinary way, to be started again."""
        self.asked = True
        self.daemon.process.terminate()

    def end(self):
        """Stops keeping and ends the process in the ordinary way, which passes points of its own."""
        self.leaving.set()
        self.thread.join(60)
        if self.daemon.running():
            self.daemon.process.terminate()
            self.daemon.process.wait(60)
        self.collect()

    def hits_if_all_went_well(self):
        assert not self.unexpected, self.unexpected[0]
        return self.hits
