"""The life of one application from its creation to its last row, each step asked again until it is done."""
import signal

from harness.api import ApiError
from harness.wait import until

from .site import App
from .sources import Source
from .steps import LOOK_SECONDS, PLATFORM, STEP_SECONDS, insist
from .turns import Turns


class Life(Turns):
    """One application on `site`, whose processes `keepers` keep. The states that two runs must have in common are in `states`,
    by step."""

    def __init__(self, site, keepers, name="app"):
        self.site, self.keepers = site, keepers
        self.source = Source(site.rig.git, f"{site.name}-{name}")
        self.app = App(site, name, self.source)
        site.apps.append(self.app)
        self.states = {}

    def run(self, whole=True):
        """`whole`: else only what passes most points of a builder, on the way to the same end."""
        steps = (self.edit, self.rise, self.read, self.suggest, self.follow, self.look, self.stop, self.start, self.give_up, self.roll_back,
                 self.clean, self.become_site, self.swap)
        for step in (self.create, self.push, *(steps if whole else ()), self.delete, *((self.forget,) if whole else ())):
            step()
        return self.states

    def create(self):
        self.source.push()
        insist(lambda: self.app.create() or True, "application made", self.site)
        self.reach("created", lambda f: self.app.version() == 1)

    def push(self):
        version = self.site.push(self.app, tries=1)
        self.tell_until(lambda: self.app.version() == version, "the second version runs")
        self.reach("pushed", lambda f: self.app.version() == version)
        self.insist_call("GetApplicationStatus", PLATFORM, applicationId=self.app.id)  # with the steps of its build

    def tell_until(self, look, what):
        """A push whose webhook met a host that was down is noticed by the poll; here somebody asks for a look instead."""
        def step():
            return look() or self.app.call("RefreshRepository", repositoryId=self.repository()) is None
        until(lambda: step() and look(), STEP_SECONDS, lambda: f"{what}\n{self.site.logs_tail()}", every=0.25)

    def repository(self):
        return self.site.sql(f"SELECT repository_id FROM applications WHERE id = '{self.app.id}'")[0][0]

    def edit(self):
        self.insist_call("SetEnvVar", applicationId=self.app.id, key="COLOUR", value="blue")
        self.reach("edited", lambda f: f.get("env.COLOUR") == "blue")
        self.insist_call("SetEnvVar", applicationId=self.app.id, key="SIZE", value="small")
        self.reach("edited more", lambda f: f.get("env.SIZE") == "small")
        insist(self.drop_size, "variable deleted", self.site)
        self.reach("edited again", lambda f: "env.SIZE" not in f)
        self.insist_call("UpdateApplication", id=self.app.id, name=self.app.name + "-renamed")

    def drop_size(self):
        try:
            self.app.call("DeleteEnvVar", applicationId=self.app.id, key="SIZE")
        except ApiError as error:
            if error.code != "not_found":
                raise
        return True

    def read(self):
        """Questions change nothing; they are asked since their ports can fail too."""
        build = self.insist_call("GetBuilds", id=self.app.id)["builds"][0]["id"]
        for method, message in (("GetBuildLog", {"buildId": build}), ("GetBuild", {"buildId": build}), ("GetMe", {}),
                                ("GetEnvVars", {"id": self.app.id}), ("GenerateKeyPair", {}),
                                ("GetOutput", {"applicationId": self.app.id, "before": "2100-01-01T00:00:00Z", "limit": 5}),
                                ("GetRepositoryRefs", {"repositoryId": self.repository()})):
            self.insist_call(method, **message)
        for method, message in (("GetApplicationStatus", {"applicationId": self.app.id}), ("GetHealth", {}),
                                ("ExplainApplication", {"applicationId": self.app.id}),
                                ("GetRepositoryStatus", {"repositoryId": self.repository()}),
                                ("ListReleases", {"applicationId": self.app.id})):
            self.insist_call(method, PLATFORM, **message)

    def suggest(self):
        """A builder says what fits the source."""
        said = self.insist_call("SuggestApplication", PLATFORM, repositoryId=self.repository())
        assert said["commit"] == self.insist_call("GetApplication", id=self.app.id)["commit"], said

    def stop(self):
        self.want("StopApplication", False)
        self.reach("stopped", lambda f: f.get("running") == "0")

    def start(self):
        self.want("StartApplication", True)
        self.reach("started", lambda f: f.get("running") == "1")

    def want(self, method, running):
        """Asked once only where it has taken effect: a second start would be a restart."""
        def step():
            if bool(self.app.call("GetApplication", id=self.app.id).get("running")) != running:
                self.app.call(method, id=self.app.id)
                return False
            return True
        insist(step, method, self.site)

    def delete(self):
        self.want("StopApplication", False)
        insist(lambda: self.app.delete() or True, "application deleted", self.site)
        until(lambda: not self.left(), STEP_SECONDS, lambda: f"nothing is left, but: {self.left()}\n{self.site.logs_tail()}",
              every=LOOK_SECONDS)
        self.states["deleted"] = {"left": self.left()}

    def left(self):
        """What the database, the backend and the registry still hold of it."""
        tables = ("applications", "builds", "releases", "environment", "websites", "observations", "build_logs")
        count = " + ".join(f"(SELECT count(*) FROM {t} t WHERE t::text LIKE '%{self.app.id}%')" for t in tables)
        found = {"rows": int(self.site.sql(f"SELECT {count}")[0][0]), "files": self.app.files().get("present"), "images": self.app.images(),
                 "artifacts": self.app.artifacts()}
        return {key: value for key, value in found.items() if value}

    def become_site(self):
        """The same source as a static site, and the next release of it."""
        self.insist_call("UpdateApplication", id=self.app.id, config={"staticDockerfile": {
            "dockerfileName": "Dockerfile", "context": ".", "staticConfig": {"artifactPath": "/out"}}})
        self.reach("a site", lambda f: "site" in f and self.app.version() == self.source.version)
        version = self.site.push(self.app, tries=1)
        self.tell_until(lambda: self.app.version() == version, "the next release is served")
        self.reach("the next of the site", lambda f: self.app.version() == version)
        build = self.insist_call("GetBuilds", id=self.app.id)["builds"][0]
        content = self.insist_call("GetBuildArtifact", artifactId=build["artifacts"][0]["id"])
        assert content["filename"] == "website.tar.gz" and content["content"], content

    def swap(self):
        """Another site server by one word of configuration."""
        config = self.site.config("host")
        with open(config, encoding="utf-8") as file:
            text = file.read().replace("site_server: nginx", "site_server: httpd")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)

        def swapped():
            daemon = self.site.nsd["host"]
            if daemon.running():
                daemon.process.send_signal(signal.SIGHUP)
            until(lambda: self.app.server() == "apache", 5, "the other server", every=LOOK_SECONDS)
            return True
        insist(swapped, "the other site server has taken over", self.site)
        self.reach("swapped", lambda f: self.app.version() == self.source.version)

    def insist_call(self, method, service=None, **message):
        def step():
            return (self.site.api.call(method, message, service) if service else self.site.api.call(method, message)) or True
        return insist(step, method, self.site)

    def reach(self, step, reached):
        """Waits until the backend shows it and nothing is under way, and keeps what is comparable."""
        until(lambda: reached(self.app.files()) and self.quiet(), STEP_SECONDS,
              lambda: f"{step}, but there is {self.app.files()}\n{self.site.logs_tail()}", every=LOOK_SECONDS)
        self.states[step] = self.state()

    def quiet(self):
        rows = self.site.sql(f"""SELECT a.target_generation, (SELECT count(*) FROM builds b WHERE b.application_id = a.id AND b.status < 2),
            coalesce(o.generation, 0), coalesce(o.converged, false) FROM applications a LEFT JOIN observations o ON o.application_id = a.id
            WHERE a.id = '{self.app.id}'""")
        generation, open_builds, observed, converged = rows[0]
        return open_builds == "0" and self.app.files().get("generation") == generation == observed and converged == "t"

    def state(self):
        """Without ids, times and counts of attempts, which two runs need not share."""
        version = {commit: number for commit, number in self.source.commits.items()}
        app = f"application_id = '{self.app.id}'"
        files = self.app.files()
        return {
            "runs": self.app.version(), "running": files.get("running"),
            "env": {k: v for k, v in files.items() if k.startswith("env.")},
            "builds": [(version[c], s) for c, s in self.site.sql(f"SELECT commit_hash, status FROM builds WHERE {app} ORDER BY number")],
            "releases": [version[c] for c, in self.site.sql(f"SELECT commit_hash FROM releases WHERE {app} ORDER BY number")],
            "wanted": self.site.sql(f"SELECT desired, target_state, deleted FROM applications WHERE id = '{self.app.id}'"),
        }
