"""One installation on the fake backend and engine: processes in any split, and applications that follow repositories."""
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from harness.api import Api, ApiError
from harness.daemon import Daemon
from harness.wait import until

from .ports import free_port
from .registry import Registry, read_fields
from .sources import Source, tell_webhook

ALL = {"all": "controller,builder,services"}
PROXY_SECRET = "secret-of-the-proxies"
SPLIT = {"services": "services", "controller": "controller", "builder": "builder"}

CONFIG = """
installation: {name}
data: {data}
database: "{dsn}"
key_file: {root}/key
identity: {{proxies: [127.0.0.1], secret: "{proxy_secret}"}}
git: {{private_hosts: [127.0.0.1, {git_host}]}}
engines: [engine]
domains: [{{name: "*.apps.test"}}]
registry: {{url: "http://127.0.0.1:{registry}"}}
backend: files
builder: {{concurrency: {slots}}}
keep: {{releases: 1}}
site_server: nginx
sites: {{listen: "127.0.0.1:{sites_port}", drain: 1s}}
log_level: info
plugin_dirs: [{plugins}]
plugins:
  files: {{plugin: backend-files, config: {{folder: "{root}/backend", apply_ms: {apply_ms}}}}}
  engine: {{plugin: engine-files, config: {{folder: "{root}/engine", build_ms: {build_ms}}}}}
  gateway: {{plugin: gateway, required: true, listen: ["unix:{root}/api.sock", "127.0.0.1:{api_port}"]}}
  runtime_dockerfile: {{plugin: build-runtime-dockerfile}}
  static_dockerfile: {{plugin: build-static-dockerfile}}
  nginx: {{plugin: site-nginx}}
  httpd: {{plugin: site-httpd}}
"""


class Site:
    """`dsn`: gives the connection string of a database's name, where processes go another way than the harness. `git_host`:
    under which address of this machine repositories are known, where other machines fetch from them."""

    def __init__(self, rig, name, roles=SPLIT, dsn=None, apply_ms=20, build_ms=200, slots=2, git_host="127.0.0.1"):
        self.rig, self.name, self.root = rig, name, os.path.join(rig.root, name)
        os.makedirs(self.root)
        self.database = rig.postgres.new_database()
        self.registry = Registry(f"{self.root}/engine")
        self.api_port = free_port()
        self.api = Api(f"{self.root}/api.sock", timeout=20)
        self.settings = {"name": name, "root": self.root, "dsn": (dsn or rig.postgres.dsn)(self.database),
                         "registry": self.registry.port, "api_port": self.api_port, "sites_port": free_port(), "plugins": ", ".join(rig.plugins),
                         "apply_ms": apply_ms, "build_ms": build_ms, "slots": slots, "git_host": git_host, "proxy_secret": PROXY_SECRET}
        self.nsd = {}
        for process, its_roles in roles.items():
            self.add_process(process, its_roles)
        self.apps = []

    def add_process(self, process, roles, data=None, env=None, prefix=(), text=None):
        """A process with these roles; with `data` it stands on a machine of its own, as far as it can tell. `text`: its
        whole configuration."""
        config = f"{self.root}/{process}.yaml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(text or CONFIG.format(data=data or f"{self.root}/data", **self.settings))
        argv = [*prefix, f"{self.rig.binaries}/nsd", "--config", config, "--roles", roles]
        self.nsd[process] = Daemon(f"{self.name}-{process}", argv, self.rig.logs, env={**os.environ, **(env or {})})
        return self.nsd[process]

    def config(self, process):
        return f"{self.root}/{process}.yaml"

    def start(self):
        for daemon in self.nsd.values():
            daemon.start()
        until(self.answers_or_ended, 60, lambda: f"the API answers\n{self.logs_tail()}")
        ended = [daemon.name for daemon in self.nsd.values() if not daemon.running()]
        assert not ended, f"ended at once: {ended}\n{self.logs_tail()}"
        return self

    def answers_or_ended(self):
        return not all(daemon.running() for daemon in self.nsd.values()) or self.api.GetSystemInfo()

    def wait_ready(self, seconds=60):
        until(lambda: self.api.GetSystemInfo(), seconds, lambda: f"the API answers\n{self.logs_tail()}")
        return self

    def kill(self, process, number=signal.SIGKILL):
        self.nsd[process].kill(number)

    def stop_processes(self):
        """Ends every process in the ordinary way."""
        running = [daemon for daemon in self.nsd.values() if daemon.running()]
        for daemon in running:
            daemon.process.send_signal(signal.SIGCONT)
            daemon.process.terminate()
        for daemon in running:  # a second SIGTERM would ask it to hurry
            daemon.process.wait(40)

    def stop(self):
        """Ends everything and removes what was kept, but for the logs."""
        self.stop_processes()
        subprocess.run([f"{self.rig.binaries}/nsd", "stop", "--all", "--config", self.config(next(iter(self.nsd)))],
                       capture_output=True, timeout=60, check=False)
        self.registry.stop()
        self.rig.postgres.drop_database(self.database)
        shutil.rmtree(self.root)

    def logs_tail(self, lines=25):
        return "\n".join(f"--- {d.name}\n{d.log_tail(lines)}" for d in self.nsd.values())

    def sql(self, query):
        return self.rig.postgres.sql(self.database, query)

    def age_leases(self):
        """Makes claims of builds as old as if their builders had been silent for long."""
        self.sql("UPDATE builds SET lease_expires = now() - interval '1 s' WHERE status = 1; SELECT pg_notify('ns_hints', 'queue:')")

    def give_up_builders(self):
        """As age_leases, of builders that are dead: nothing is given to them any more."""
        self.sql("UPDATE hosts SET lease_expires = now() - interval '1 s' WHERE 'builder' = ANY(roles)")
        self.age_leases()

    # -- applications -------------------------------------------------------------------------------------------------
    def app(self, name):
        """A repository with one commit and an application that follows it, started; not waited for."""
        source = Source(self.rig.git, f"{self.name}-{name}", self.settings["git_host"])
        source.push()
        app = App(self, name, source)
        app.create()
        self.apps.append(app)
        return app

    def push(self, app, tries=1):
        """A push and its webhook, which a forge sends `tries` times at most."""
        version = app.source.push()
        for _ in range(tries):
            if tell_webhook(self.api_port, app.source.url):
                break
        return version


class App:
    """Its operations may be asked again after a failure that leaves open whether they took effect."""

    def __init__(self, site, name, source):
        self.site, self.name, self.source, self.id = site, name, source, None

    def create(self):
        api = self.site.api
        repositories = api.GetRepositories(scope="ALL").get("repositories", [])
        repository = next((r for r in repositories if r["url"] == self.source.url), None)
        if repository is None:
            repository = api.CreateRepository(name=self.source.name, url=self.source.url, auth={"none": {}})
        made = [a for a in api.GetApplications(scope="ALL").get("applications", []) if a["name"] == self.name]
        if not made:
            made = [api.CreateApplication(
                name=self.name, repositoryId=repository["id"], refName="main", startOnCreate=True,
                config={"runtimeDockerfile": {"dockerfileName": "Dockerfile", "context": ".", "runtimeConfig": {}}},
                websites=[{"fqdn": f"{self.name}.apps.test", "pathPrefix": "/", "httpPort": 8080}])]
        self.id = made[0]["id"]

    def call(self, method, **message):
        return self.site.api.call(method, message)

    def delete(self):
        try:
            self.call("DeleteApplication", id=self.id)
        except ApiError as error:
            if error.code != "not_found":
                raise

    # -- what stands at the backend -------------------------------------------------------------------------------------
    def files(self):
        return read_fields(f"{self.site.root}/backend/{self.id}")

    def accepted(self):
        """(what, epoch, generation, "accepted" or "refused") of every call that reached the backend, in its order."""
        try:
            with open(f"{self.site.root}/backend/{self.id}.log", encoding="utf-8") as file:
                return [(w[0], int(w[1]), int(w[2]), w[3]) for w in map(str.split, file)]
        except FileNotFoundError:
            return []

    def images(self):
        return self.site.registry.tags(self.id)

    def version(self):
        """The version of the source that runs or is served, or None."""
        files = self.files()
        if "site" in files:
            return self.page(files["upstream"], files["site"])
        if files.get("running") != "1" or "image" not in files:
            return None
        digest = files["image"].split("@")[-1]
        return next((int(i["version"]) for i in self.images().values() if i["digest"] == digest), None)

    def page(self, upstream, release):
        """What the site server says for that release, asked as the router asks; None where it does not."""
        request = urllib.request.Request(upstream + "/", headers={"X-Controller-App-Id": self.id, "X-Controller-Release-Id": release})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.read())
        except OSError:
            return None

    def server(self):
        """What the site server calls itself: "nginx", "apache"; None where none answers."""
        try:
            with urllib.request.urlopen(urllib.request.Request(self.files()["upstream"] + "/"), timeout=5) as answer:
                return answer.headers.get("Server", "").split("/")[0].lower()
        except urllib.error.HTTPError as error:
            return error.headers.get("Server", "").split("/")[0].lower()
        except (OSError, KeyError):
            return None

    def artifacts(self):
        """Paths of those that the storage keeps."""
        return [os.path.join(folder, name) for folder, _, names in os.walk(f"{self.site.root}/data/instances")
                for name in names if folder.endswith(f"/artifacts/{self.id}")]

    def wait_version(self, version, seconds=60):
        until(lambda: (self.version() or 0) >= version, seconds,
              lambda: f"{self.name} runs version {version}, runs {self.version()}: {self.files()}\n{self.site.logs_tail()}")
        return self
