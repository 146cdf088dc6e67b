"""What befalls an application in the middle of its life: steps of rig.flow.Life."""
import fcntl
import os
import signal
from contextlib import contextmanager

from harness.api import ApiError
from harness.wait import until

from .judge import BUILDING, CANCELLED
from .registry import read_fields
from .steps import LOOK_SECONDS, PLATFORM, STEP_SECONDS, insist


class Turns:
    def rise(self):
        """The backend has accepted a fence that the database has lost: deploys go on by a higher epoch."""
        with self.edited() as fields:
            fields["epoch"] = str(int(fields["epoch"]) + 3)
        self.insist_call("SetEnvVar", applicationId=self.app.id, key="EPOCH", value="lost")
        self.reach("risen", lambda f: f.get("env.EPOCH") == "lost")

    @contextmanager
    def edited(self):
        """The backend's file of it, for changes behind the backend's back."""
        path = f"{self.site.root}/backend/{self.app.id}"
        with open(path + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fields = read_fields(path)
            yield fields
            with open(path + ".edited", "w", encoding="utf-8") as file:
                file.writelines(f"{key} {value}\n" for key, value in fields.items())
            os.rename(path + ".edited", path)

    def follow(self):
        """Events, from the first to the newest, and a repository that is refused for its remote only once its key was found."""
        self.insist_call("ListEvents", PLATFORM, newest=True, limit=5)
        place = ""
        while True:
            page = insist(lambda: self.site.api.call("ListApplicationEvents", {"applicationId": self.app.id, "after": place}, PLATFORM),
                          "events followed", self.site)
            if not page.get("events"):
                break
            place = page["next"]
        key = insist(lambda: self.site.api.GenerateKeyPair(), "a key pair", self.site)["keyId"]
        insist(lambda: self.refused(key), "a remote out of reach is refused", self.site)

    def refused(self, key):
        try:
            self.site.api.CreateRepository(name="away", url="ssh://git@127.0.0.1:1/away.git", auth={"ssh": {"keyId": key}})
        except ApiError as error:
            if error.code != "invalid_argument" or "generated" in str(error):  # that is: the key is not found
                raise
            return True
        raise AssertionError("a repository was made of a remote that nobody can read")

    def look(self):
        """The backend says that anything may have changed: a survey shows that nothing has, and that is told of it."""
        def seen():
            return self.site.sql(f"""SELECT o.xmin, c.last_looked FROM observations o JOIN conditions c ON c.subject_id = o.application_id
                WHERE o.application_id = '{self.app.id}' AND c.kind = 'Observed'""")[0]

        def told():
            observed, looked = seen()
            with open(f"{self.site.root}/backend/look", "w", encoding="utf-8"):
                pass
            until(lambda: seen()[1] > looked, 10, "somebody has looked", every=LOOK_SECONDS)
            return seen()[0] == observed
        insist(told, "what was looked at and is as it was is told so", self.site)

    def give_up(self):
        """A build whose lease runs out is begun again, cancelled, and asked for once more."""
        with self.held_builds():
            version = self.site.push(self.app, tries=1)
            self.tell_until(lambda: self.build_of(version, BUILDING), "the third version is built")
            build = self.build_of(version, BUILDING)
            insist(lambda: self.begun_again(build), "the build is begun again", self.site)
            insist(lambda: self.cancelled(build), "the build is cancelled", self.site)
            self.reach("given up", lambda f: f.get("running") == "1")
        commit = next(commit for commit, number in self.source.commits.items() if number == version)
        insist(lambda: self.asked_again(commit), "the commit is built again", self.site)
        self.reach("built again", lambda f: self.app.version() == version)

    @contextmanager
    def held_builds(self):
        """Builds come to no end meanwhile."""
        hold = f"{self.site.root}/engine/hold"
        with open(hold, "w", encoding="utf-8"):
            pass
        try:
            yield
        finally:
            os.remove(hold)

    def build_of(self, version, status):
        commits = [f"'{commit}'" for commit, number in self.source.commits.items() if number == version]
        rows = self.site.sql(f"""SELECT id FROM builds WHERE application_id = '{self.app.id}' AND status = {status}
            AND commit_hash IN ({', '.join(commits)})""")
        return rows[0][0] if rows else None

    def begun_again(self, build):
        attempt, status = map(int, self.site.sql(f"SELECT attempt, status FROM builds WHERE id = '{build}'")[0])
        if status == BUILDING and attempt == 1:
            self.expire(build)
        return status == BUILDING and attempt > 1

    def expire(self, build):
        """Makes its lease as old as if its builder, which stands still meanwhile, had been silent for long."""
        builder = self.site.nsd["builder"].process
        builder.send_signal(signal.SIGSTOP)
        try:
            self.site.age_leases()
            until(lambda: not self.site.sql(f"SELECT 1 FROM builds WHERE id = '{build}' AND status = {BUILDING} AND attempt = 1"),
                  3, "the lease has run out", every=LOOK_SECONDS)
        finally:
            builder.send_signal(signal.SIGCONT)

    def cancelled(self, build):
        if self.site.sql(f"SELECT 1 FROM builds WHERE id = '{build}' AND status = {CANCELLED}"):
            return True
        self.site.api.CancelBuild(buildId=build)
        return False

    def asked_again(self, commit):
        """Asked once only where it has taken effect, so that there is one more build and not two."""
        rows = self.site.sql(f"""SELECT count(*) FROM builds WHERE application_id = '{self.app.id}' AND commit_hash = '{commit}'
            AND (status <> {CANCELLED} OR retriable)""")
        if rows[0][0] == "0":
            self.app.call("RetryCommitBuild", applicationId=self.app.id, commit=commit)
        return rows[0][0] != "0"

    def roll_back(self):
        number = self.app.version() - 1
        commit = next(commit for commit, version in self.source.commits.items() if version == number)
        release = self.site.sql(f"""SELECT id FROM releases WHERE application_id = '{self.app.id}' AND commit_hash = '{commit}'
            ORDER BY number DESC LIMIT 1""")[0][0]
        self.insist_call("Rollback", PLATFORM, applicationId=self.app.id, releaseId=release)
        self.reach("rolled back", lambda f: self.app.version() == number)
        self.insist_call("Unpin", PLATFORM, applicationId=self.app.id)
        self.reach("unpinned", lambda f: self.app.version() == number + 1)

    def clean(self):
        """Months pass, and the host is started again: images and logs that nobody needs go, and what is told of them."""
        for table, column in (("builds", "finished_at"), ("releases", "created_at"), ("events", "happened_at")):
            self.site.sql(f"UPDATE {table} SET {column} = {column} - interval '120 days' WHERE application_id = '{self.app.id}'")
        self.keepers["host"].restart()
        until(lambda: not self.old(), STEP_SECONDS, lambda: f"what is old goes, but: {self.old()}\n{self.site.logs_tail()}",
              every=2 * LOOK_SECONDS)
        self.states["cleaned"] = {**self.state(), "images": sorted(i["version"] for i in self.app.images().values())}

    def old(self):
        """What the limits let go and is still there."""
        of = f"FROM builds b WHERE application_id = '{self.app.id}'"
        newest = f"(SELECT commit_hash FROM applications WHERE id = '{self.app.id}')"
        counts = {"images": f"SELECT count(*) {of} AND status > 1 AND attempt > 0 AND image_state < 2 AND commit_hash <> {newest}",
                  "logs": f"SELECT count(*) FROM build_logs WHERE build_id IN (SELECT id {of} AND image_state = 2)",
                  "releases": "SELECT count(*) FROM releases r, applications a WHERE r.id <> a.target_release AND r.build_id IN "
                              f"(SELECT id {of} AND image_state = 2)",
                  "events": "SELECT count(*) FROM events WHERE happened_at < now() - interval '100 days'"}
        found = {what: int(self.site.sql(query)[0][0]) for what, query in counts.items()}
        return {what: number for what, number in found.items() if number}

    def forget(self):
        """A day after it was purged nothing looks after it any more. A host that is started again looks at once."""
        def forgotten():
            self.site.sql(f"UPDATE purged_applications SET purged_at = purged_at - interval '2 days' WHERE id = '{self.app.id}'")
            return not self.site.sql(f"SELECT 1 FROM purged_applications WHERE id = '{self.app.id}'")
        forgotten()
        self.keepers["host"].restart()
        until(forgotten, STEP_SECONDS, lambda: f"it is forgotten\n{self.site.logs_tail()}", every=0.5)
