"""One private installation of NeoShowcase: a state folder, two `nsd`, the command line, and applications on it."""
import http.client
import json
import os
import signal
import subprocess
import time

from .api import Api, ApiError
from .daemon import Daemon, processes
from .repo import Repo, app_files
from .wait import until

LABEL = "neoshowcase.installation"
ROLES = {"services": "services", "controller": "controller,builder,ssgen"}
PROXY_SECRET = "secret-of-the-proxies"
PAGE_PORT = 4200  # of the one page on this machine that may use the API from a browser
HELPERS = {"traefik": "traefik", "docker-registry": "registry", "postgres": "postgres"}

CONFIG = """
installation: {name}
data: {root}/data
database: embedded
admins: [web]
identity: {{proxies: [127.0.0.1], secret: "{proxy_secret}", admin_groups: [ops],
  keys: [{{id: edge-1, public_key: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}}]}}
git: {{private_hosts: [127.0.0.1], basic_auth_over_http: true}}
engines: [engine]
domains: [{{name: "*.apps.test"}}]
registry: {registry}
backend: docker
site_server: caddy
sites: {{listen: "127.0.0.1:{sites_port}"}}
plugins:
  docker:
    plugin: backend-docker
    config: {{networks: {networks}, traefik: {{provider: {provider}, http: ":{http_port}"}}}}
  engine: {{plugin: engine-docker, config: {{concurrency: 2, memory: 256M, timeout: 20s}}}}
  gateway: {{plugin: gateway, required: true, listen: ["unix:{root}/run/api.sock", "127.0.0.1:{api_port}", "127.0.0.1:{operations_port}"],
    config: {{operations: ["127.0.0.1:{operations_port}"], cors_origins: ["http://127.0.0.1:{page_port}"]}}}}
  runtime_buildpack: {{plugin: build-runtime-buildpack, config: {{builder: "nsbuilder:1"}}}}
  runtime_cmd: {{plugin: build-runtime-cmd}}
  runtime_dockerfile: {{plugin: build-runtime-dockerfile}}
  static_cmd: {{plugin: build-static-cmd}}
  static_dockerfile: {{plugin: build-static-dockerfile}}
  caddy: {{plugin: site-caddy, config: {{binary: {caddy}}}}}
  nginx: {{plugin: site-nginx}}
  httpd: {{plugin: site-httpd}}
"""


class Installation:
    def __init__(self, machine, name, binaries, logs, index=0, provider="file", registry=None, roles=ROLES):
        self.machine, self.name, self.binaries = machine, name, binaries
        self.root = os.path.join(machine.root, name)
        self.http_port, self.api_port, self.registry_port = 8080 + index, 4000 + index, 5000 + index
        self.operations_port = 9180 + index
        for folder in ("", "/run", "/data"):
            os.makedirs(self.root + folder, exist_ok=True)
        self.config = os.path.join(self.root, "config.yaml")
        self.write_config(CONFIG.format(name=name, root=self.root, http_port=self.http_port, api_port=self.api_port, operations_port=self.operations_port,
                                        provider=provider, proxy_secret=PROXY_SECRET, page_port=PAGE_PORT, sites_port=4100 + index, caddy=machine.caddy,
                                        registry=registry or f"{{mode: embedded, port: {self.registry_port}}}",
                                        networks=f"10.{220 + index}.0.0/16"))
        self.api = Api(f"{self.root}/run/api.sock")
        self.nsd = {role: Daemon(f"{name}-{role}", [f"{binaries}/nsd", "--config", self.config, "--roles", roles], logs)
                    for role, roles in roles.items()}
        self.webhook_url = f"http://127.0.0.1:{self.api_port}/api/webhook/gitea"
        self.apps = []

    # -- life ---------------------------------------------------------------------------------------------------------
    def write_config(self, text):
        with open(self.config, "w") as file:
            file.write(text)

    def nsd_command(self, *args, check=True):
        done = subprocess.run([f"{self.binaries}/nsd", *args, "--config", self.config], capture_output=True, text=True,
                              timeout=120)
        assert not check or done.returncode == 0, f"nsd {' '.join(args)}: {done.stdout}\n{done.stderr}"
        return done

    def start(self):
        self.nsd_command("migrate")
        for daemon in self.nsd.values():
            daemon.start()
        self.wait_ready()
        return self

    def wait_ready(self, seconds=60):
        until(self.ready, seconds, lambda: f"installation ready\n{self.logs_tail()}", every=0.1)

    def ready(self):
        for daemon in self.nsd.values():
            assert daemon.running(), f"{daemon.name} ended:\n{daemon.log_tail()}"
        doctor = self.ns("doctor", check=False)
        return doctor.returncode == 0

    def stop(self):
        for daemon in self.nsd.values():
            daemon.stop()
        self.nsd_command("stop", "--all")

    def kill(self, role, number=signal.SIGKILL):
        self.nsd[role].kill(number)

    def revive(self):
        """Starts those again that have ended: one that crashes fails one test. Empty, or how they ended and what they said last."""
        ended = [d for d in self.nsd.values() if not d.running()]
        told = "\n".join(f"{d.name} has ended with status {d.process.returncode}:\n{d.log_tail(25)}" for d in ended)
        for daemon in ended:
            daemon.start()
        if ended:
            self.wait_ready()
        return told

    def logs_tail(self):
        return "\n".join(f"--- {d.name}\n{d.log_tail(25)}" for d in self.nsd.values())

    def helpers(self):
        """name -> pid of the helpers that run: PostgreSQL, Traefik, the registry, the page server."""
        all_processes = list(processes())
        comm_of = {pid: comm for pid, _, comm, _ in all_processes}
        nsd_pids = {d.process.pid for d in self.nsd.values() if d.process}
        found = {}
        for pid, parent, comm, argv in all_processes:
            if not any(self.root in word for word in argv) or pid in nsd_pids:
                continue
            if comm in HELPERS and comm_of.get(parent) != comm:
                found[HELPERS[comm]] = pid
            elif comm == "nsd" and any("page" in word for word in argv):
                found["pages"] = pid
        return found

    # -- the command line ---------------------------------------------------------------------------------------------
    def ns(self, *args, check=False, timeout=120):
        return self.ns_raw("--json", *args, check=check, timeout=timeout)

    def ns_raw(self, *args, check=False, timeout=120):
        done = subprocess.run([f"{self.binaries}/ns", "--server", f"unix:{self.root}/run/api.sock", *args],
                              capture_output=True, text=True, timeout=timeout)
        assert not check or done.returncode == 0, f"ns {' '.join(args)}: {done.stdout}\n{done.stderr}"
        return done

    def ns_json(self, *args, timeout=120):
        return json.loads(self.ns(*args, check=True, timeout=timeout).stdout)

    # -- what stands in Docker ------------------------------------------------------------------------------------------
    def containers(self, app_id=None):
        """Inspected containers of this installation, or of one application."""
        ids = self.machine.docker("ps", "-aq", "--no-trunc", "--filter", f"label={LABEL}={self.name}").split()
        found = self.machine.inspect(*ids) if ids else []
        return [c for c in found if app_id is None or app_id in c["Name"]]

    def networks(self, app_id=None):
        ids = self.machine.docker("network", "ls", "-q", "--filter", f"label={LABEL}={self.name}").split()
        found = self.machine.inspect(*ids) if ids else []
        return [n for n in found if app_id is None or app_id in n["Name"]]

    def registry(self, path):
        """JSON that the registry answers for /v2/PATH; empty where it has nothing."""
        done = subprocess.run(["curl", "-s", "-m", "5", f"http://127.0.0.1:{self.registry_port}/v2/{path}"],
                              capture_output=True, text=True, check=True)
        answer = json.loads(done.stdout)
        return {} if "errors" in answer else answer

    def delete_manifest(self, name, digest):
        subprocess.run(["curl", "-sf", "-m", "5", "-X", "DELETE", f"http://127.0.0.1:{self.registry_port}/v2/{name}/manifests/{digest}"],
                       check=False)

    def database_socket(self):
        """The folder of the embedded database's socket."""
        return next(folder for folder, _, names in os.walk(f"{self.root}/data")
                    for name in names if name.startswith(".s.PGSQL.") and not name.endswith(".lock"))

    def sql(self, query):
        """First column of each row of the embedded database, asked by its own account over its socket."""
        socket = self.database_socket()
        database = {"PGHOST": socket, "PGDATABASE": "neoshowcase", "PGUSER": "neoshowcase"}
        owner = str(os.stat(socket).st_uid)
        done = subprocess.run(["setpriv", "--reuid", owner, "--clear-groups", "psql", "-XAtq", "-c", query],
                              capture_output=True, text=True, env={**os.environ, **database}, cwd="/")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    # -- HTTP ---------------------------------------------------------------------------------------------------------
    def get(self, host, path="/", method="GET", body=None, timeout=10):
        """(status, headers, text) through Traefik; raises where the connection fails."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        try:
            connection.request(method, path, body, {"Host": host})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode(errors="replace")
        finally:
            connection.close()

    # -- applications -------------------------------------------------------------------------------------------------
    def repo(self, name):
        return Repo(self.machine, f"{self.name}-{name}", self.webhook_url)

    def register(self, repo):
        return self.api.CreateRepository(name=repo.name, url=repo.url, auth={"none": {}})["id"]

    def app(self, name, testapp, version="1", mode="serve", **settings):
        """A repository with the test application and an application of it, not waited for."""
        repo = self.repo(name)
        repo.push(app_files(testapp, version, mode))
        return self.app_of(repo, name, **settings)

    def app_of(self, repo, name, config=None, websites=None, start=True, ref="main", repository_id=None):
        repository_id = repository_id or self.register(repo)
        host = f"{name}.apps.test"
        made = self.api.CreateApplication(
            name=name, repositoryId=repository_id, refName=ref, startOnCreate=start,
            config=config or {"runtimeDockerfile": {"dockerfileName": "Dockerfile", "context": ".", "runtimeConfig": {}}},
            websites=[{"fqdn": host, "pathPrefix": "/", "httpPort": 8080}] if websites is None else websites)
        app = App(self, repo, made["id"], host, repository_id)
        self.apps.append(app)
        return app

    def forget_apps(self):
        """Stops and deletes what a test left, without waiting for the cleaning up."""
        for app in self.apps:
            app.discard()
        self.apps.clear()


class App:
    def __init__(self, site, repo, app_id, host, repository_id):
        self.site, self.repo, self.id, self.host, self.repository_id = site, repo, app_id, host, repository_id

    def call(self, method, **message):
        return self.site.api.call(method, message)

    def get(self):
        return self.call("GetApplication", id=self.id)

    def update(self, **changes):
        return self.call("UpdateApplication", id=self.id, **changes)

    def start(self):
        return self.call("StartApplication", id=self.id)

    def stop(self):
        return self.call("StopApplication", id=self.id)

    def set_env(self, key, value):
        return self.call("SetEnvVar", applicationId=self.id, key=key, value=value)

    def builds(self):
        """Newest first."""
        return self.call("GetBuilds", id=self.id).get("builds", [])

    def build(self, commit):
        """The newest build of a commit, or None."""
        return next((b for b in self.builds() if b["commit"] == commit), None)

    def build_status(self, commit):
        build = self.build(commit)
        return build.get("status", "QUEUED") if build else None

    def wait_build(self, commit, status, seconds=60):
        """The newest build of that commit once it has that status (one, or several)."""
        wanted = (status,) if isinstance(status, str) else status
        until(lambda: self.build_status(commit) in wanted, seconds,
              lambda: f"build of {commit[:8]} {wanted}, is {self.build_status(commit)}\n{self.site.logs_tail()}")
        return self.build(commit)

    def log(self, build_id):
        import base64
        return base64.b64decode(self.call("GetBuildLog", buildId=build_id).get("log", "")).decode(errors="replace")

    def status(self):
        """What `ns status` says: conditions and the timeline."""
        return self.site.ns_json("status", self.id)

    def condition(self, kind):
        """The condition of that type, or None."""
        return next((c for c in self.status().get("conditions", []) if c["type"].lower() == kind.lower()), None)

    def conditions(self):
        return {c["type"]: c for c in self.status().get("conditions", [])}

    def fetch(self, path="/", **kwargs):
        return self.site.get(self.host, path, **kwargs)

    def version(self):
        """The version that answers, or None."""
        try:
            status, headers, _ = self.fetch()
        except OSError:
            return None
        return headers.get("X-Version") if status == 200 else None

    def wait_version(self, version, seconds=60):
        until(lambda: self.version() == str(version), seconds,
              lambda: f"{self.host} answers version {version}, answers {self.fetch()}; "
                      f"{json.dumps(self.get().get('containerMessage', ''))} {self.safe_conditions()}\n{self.site.logs_tail()}")
        return self

    def safe_conditions(self):
        try:
            return self.conditions()
        except Exception as error:
            return repr(error)

    def push(self, files, message="change"):
        return self.repo.push(files, message)

    def push_version(self, version, mode="serve"):
        return self.push({"version": f"{version}\n", "mode": f"{mode}\n"}, f"version {version}")

    def containers(self):
        return self.site.containers(self.id)

    def running(self):
        return [c for c in self.containers() if c["State"]["Running"]]

    # -- what is left of it -------------------------------------------------------------------------------------------
    def networks_left(self):
        return self.site.networks(self.id)

    def tags_left(self):
        """Tags of this application's images in the registry."""
        return [f"{name}:{tag}" for name in self.site.registry("_catalog?n=1000").get("repositories", []) if self.id in name
                for tag in self.site.registry(f"{name}/tags/list").get("tags") or []]

    def rows_left(self):
        """table -> rows of the database that hold this application's id in any column."""
        found = {}
        for table in self.site.sql("select tablename from pg_tables where schemaname = 'public'"):
            count = int(self.site.sql(f"select count(*) from \"{table}\" t where t::text like '%{self.id}%'")[0])
            if count:
                found[table] = count
        return found

    def discard(self):
        try:
            self.stop()
            self.call("DeleteApplication", id=self.id)
        except (ApiError, OSError):
            pass  # gone already, or the test has broken the platform

    def delete(self):
        """Stops, deletes, and waits until the application is gone."""
        self.stop()
        until(self.try_delete, 30, "application can be deleted")
        until(self.gone, 60, lambda: f"application gone\n{self.site.logs_tail()}")

    def try_delete(self):
        self.call("DeleteApplication", id=self.id)
        return True

    def gone(self):
        try:
            self.get()
            return False
        except ApiError as error:
            return error.code == "not_found"


def timed(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin
