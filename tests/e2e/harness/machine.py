"""The machine as the platform meets it: a Docker daemon and a Git server over HTTP, both of the harness's own."""
import glob
import json
import os
import pwd
import shutil
import subprocess

from .daemon import Daemon, start_ready
from .wait import until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
DOCKER_SOCKET = "/var/run/docker.sock"
DOCKER = "/usr/bin/docker"
GIT_PORT = 3080


def public_caddy(folder):
    """A copy of Caddy where the account that serves sites may go, as it may not into the tools of root."""
    tools = os.environ.get("NS_TOOLS", os.path.expanduser("~/.cache/neoshowcase/tools"))
    found = sorted(glob.glob(f"{tools}/caddy-*/bin/caddy"))
    target = os.path.join(folder, "caddy")
    if found:
        shutil.copy(found[-1], target)
        os.chmod(target, 0o755)
    return target


class Machine:
    def __init__(self, root, logs):
        self.root, self.logs = root, logs
        self.dockerd = Daemon("dockerd", ["dockerd", "--data-root", f"{root}/docker", "--exec-root", f"{root}/docker-run",
                                          "--pidfile", f"{root}/dockerd.pid", "-H", f"unix://{DOCKER_SOCKET}",
                                          "--live-restore"], logs)
        self.repos = os.path.join(root, "repos")
        self.caddy = public_caddy(root)
        self.git = GitServer(self.repos, os.path.join(root, "git"), logs)

    def start(self):
        self.start_dockerd()
        self.git.start()
        return self

    def start_dockerd(self):
        pidfile = f"{self.root}/dockerd.pid"
        if os.path.exists(pidfile):  # left by a killed one
            os.remove(pidfile)
        start_ready(self.dockerd, self.docker_answers)

    def docker_answers(self):
        return subprocess.run(["curl", "-sf", "-m", "2", "--unix-socket", DOCKER_SOCKET, "http://docker/_ping"],
                              capture_output=True).returncode == 0

    def stop(self):
        self.git.stop()
        if self.docker_answers():
            ids = self.docker("ps", "-aq").split()
            if ids:
                self.docker("rm", "-f", *ids)
        self.dockerd.stop()

    def docker(self, *args, check=True, input=None):
        done = subprocess.run([DOCKER, *args], capture_output=True, text=True, input=input, timeout=60)
        assert not check or done.returncode == 0, f"docker {' '.join(args)}: {done.stderr}"
        return done.stdout.strip()

    def inspect(self, *names):
        return json.loads(self.docker("inspect", *names))

    def import_base(self, name):
        """A base image with a shell: busybox and its names."""
        folder = os.path.join(self.root, "base")
        os.makedirs(f"{folder}/bin", exist_ok=True)
        for sub in ("tmp", "etc", "proc", "dev"):
            os.makedirs(f"{folder}/{sub}", exist_ok=True)
        subprocess.run(["cp", "/bin/busybox", f"{folder}/bin/busybox"], check=True)
        applets = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
        for applet in applets:
            if applet != "busybox" and not os.path.lexists(f"{folder}/bin/{applet}"):
                os.symlink("busybox", f"{folder}/bin/{applet}")
        tar = subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE)
        subprocess.run([DOCKER, "import", "-", name], stdin=tar.stdout, check=True, capture_output=True)
        assert tar.wait() == 0


class GitServer:
    """nginx and git http-backend; the same configuration as the sample of `run`, which is on loopback."""

    def __init__(self, repos, folder, logs, port=GIT_PORT, address="127.0.0.1"):
        self.repos, self.folder, self.port = repos, folder, port
        self.socket = os.path.join(folder, "git-cgi.sock")
        user = pwd.getpwnam("www-data")
        for path in (repos, folder):
            os.makedirs(path, exist_ok=True)
            os.chown(path, user.pw_uid, user.pw_gid)
        with open(f"{ROOT}/run.d/sample/git-server.conf.in") as file:
            conf = file.read()
        for key, value in {"repos": repos, "run": folder, "log": logs, "port": port}.items():
            conf = conf.replace(f"@{key}@", str(value))
        conf = conf.replace("listen 127.0.0.1:", f"listen {address}:")
        self.access_log = os.path.join(logs, f"git-access-{port}.log")  # a line for each request
        conf = conf.replace("access_log off;", f"access_log {self.access_log};")
        with open(f"{folder}/nginx.conf", "w") as file:
            file.write(conf)
        self.cgi = Daemon("git-cgi", ["setpriv", "--reuid", "www-data", "--regid", "www-data", "--clear-groups", "env",
                                      f"HOME={folder}", "fcgiwrap", "-c", "2", "-p", "/usr/lib/git-core/git-http-backend",
                                      "-s", f"unix:{self.socket}"], logs)
        self.nginx = Daemon("git-nginx", ["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{logs}/git-nginx-error.log"], logs)

    def start(self):
        if os.path.exists(self.socket):
            os.remove(self.socket)
        start_ready(self.cgi, lambda: os.path.exists(self.socket))
        self.nginx.start()
        until(lambda: listening(self.port), 10, "git server listens")

    def stop(self):
        self.nginx.stop()
        self.cgi.stop()

    def url(self, name, address="127.0.0.1"):
        return f"http://{address}:{self.port}/{name}.git"


def listening(port):
    return bool(subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True).stdout.strip())
