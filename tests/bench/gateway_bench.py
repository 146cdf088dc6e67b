#!/usr/bin/env python3
"""What a call costs through the gateway and the API behind it, beside nginx with a static answer of the same size: CPU of the serving process for
each request, and how long a request takes, over HTTP/1.1 (wrk) and HTTP/2 without TLS (h2load).

usage: gateway_bench.py BUILD_FOLDER, as root inside tests/e2e/isolated (`./run bench gateway` does that)."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from harness.installation import PROXY_SECRET, Installation  # noqa: E402
from harness.machine import Machine  # noqa: E402
from harness.wait import until  # noqa: E402

SECONDS, CLIENTS, NGINX_PORT = 4, 8, 8999
SERVICE = "/neoshowcase.protobuf.APIService/"
WHO = {"X-Forwarded-User": "alice", "X-Neoshowcase-Secret": PROXY_SECRET}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Nginx:
    """Answers each path with as many bytes as it is told, on one core."""

    def __init__(self, root):
        self.folder = os.path.join(root, "nginx")
        os.makedirs(self.folder)
        self.process = None

    def answer(self, size):
        self.stop()
        with open(os.path.join(self.folder, "nginx.conf"), "w") as file:
            file.write(f"daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log;\n"
                       "events {}\nhttp { access_log off; keepalive_requests 100000000; server { "
                       f"listen 127.0.0.1:{NGINX_PORT}; listen 127.0.0.1:{NGINX_PORT + 1} http2; "
                       f"location / {{ default_type application/json; set $k '{'x' * 1000}'; set $m '{'${k}' * 100}'; "
                       f"return 200 '{'${m}' * (size // 100_000)}{'${k}' * (size // 1000 % 100)}{'x' * (size % 1000)}'; }} }} }}\n")
        self.process = subprocess.Popen(["nginx", "-c", f"{self.folder}/nginx.conf", "-e", f"{self.folder}/error.log"])
        until(lambda: subprocess.run(["curl", "-sf", "-o", "/dev/null", f"http://127.0.0.1:{NGINX_PORT}/"]).returncode == 0, 10, "nginx answers")
        return self.process.pid

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def by_wrk(root, pid, url, body, kind):
    script = os.path.join(root, "wrk.lua")
    headers = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in {**WHO, "Content-Type": kind}.items())
    with open(script, "w") as file:
        file.write(f'wrk.method = "POST"\n{headers}wrk.body = "{"".join(f"{chr(92)}{byte}" for byte in body)}"\n')
    before = cpu_seconds(pid)
    done = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency", "-s", script, url], capture_output=True, text=True, check=True)
    count = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    assert "Non-2xx" not in done.stdout, done.stdout
    slowest = re.search(r"99%\s+(\S+)", done.stdout).group(1)
    return (cpu_seconds(pid) - before) / count * 1e6, count / SECONDS, slowest


def by_h2load(root, pid, url, body, kind):
    path = os.path.join(root, "body")
    with open(path, "wb") as file:
        file.write(body)
    headers = [word for name, value in {**WHO, "content-type": kind}.items() for word in ("-H", f"{name.lower()}: {value}")]
    before = cpu_seconds(pid)
    done = subprocess.run(["h2load", "-p", "h2c", "-t1", "-c1", f"-m{CLIENTS}", f"-D{SECONDS}", "-d", path, *headers, url],
                          capture_output=True, text=True, check=True)
    count = int(re.search(r"status codes: (\d+) 2xx", done.stdout).group(1))
    slowest = re.search(r"time for request:\s+\S+\s+(\S+)", done.stdout).group(1)
    return (cpu_seconds(pid) - before) / count * 1e6, count / SECONDS, slowest


def compare(root, nginx, services, port, what, method, message, kind):
    path = f"{SERVICE}{method}"
    answer = subprocess.run(["curl", "-sf", "--data-binary", "@-", *[word for name, value in {**WHO, "Content-Type": kind}.items()
                                                                     for word in ("-H", f"{name}: {value}")],
                             f"http://127.0.0.1:{port}{path}"], input=message, capture_output=True, check=True).stdout
    for version, run, nginx_port in (("HTTP/1.1", by_wrk, NGINX_PORT), ("h2c", by_h2load, NGINX_PORT + 1)):
        ours = run(root, services, f"http://127.0.0.1:{port}{path}", message, kind)
        bare = run(root, nginx.answer(len(answer)), f"http://127.0.0.1:{nginx_port}{path}", message, kind)
        print(f"{what}, {version}, {len(answer)} bytes: {ours[0]:.0f} us of CPU a request ({ours[1]:.0f}/s, slowest {ours[2]}), nginx "
              f"{bare[0]:.0f} us ({bare[1]:.0f}/s, {bare[2]}): {ours[0] / bare[0]:.1f} times", flush=True)


def make_apps(site, repository, have, count):
    for number in range(have, count):
        site.api.CreateApplication(name=f"app-{number}", repositoryId=repository, refName="main", startOnCreate=False, websites=[],
                                   config={"runtimeDockerfile": {"dockerfileName": "Dockerfile", "context": ".", "runtimeConfig": {}}})


def main():
    build = os.path.abspath(sys.argv[1])
    root = tempfile.mkdtemp(prefix="ns-bench-", dir="/tmp")
    os.chmod(root, 0o755)
    logs = os.path.join(root, "logs")
    os.makedirs(logs)
    machine, nginx = Machine(root, logs).start(), Nginx(root)
    try:
        site = Installation(machine, "bench", os.path.join(build, "bin"), logs)
        site.start()
        try:
            services = site.nsd["services"].process.pid
            compare(root, nginx, services, site.api_port, "GetMe, binary", "GetMe", b"\x08\x00", "application/proto")  # an unknown field: h2load sends no empty body
            compare(root, nginx, services, site.api_port, "GetMe, JSON", "GetMe", b"{}", "application/json")
            repo = site.repo("many")
            repo.push({"README": "nothing\n"})
            repository, have = site.register(repo), 0
            for count in (10, 100, 1000):
                make_apps(site, repository, have, count)
                have = count
                everything = json.dumps({"scope": "ALL"}).encode()
                compare(root, nginx, services, site.api_port, f"GetApplications with {count}, binary", "GetApplications", b"\x08\x01",
                        "application/proto")
                compare(root, nginx, services, site.api_port, f"GetApplications with {count}, JSON", "GetApplications", everything,
                        "application/json")
        finally:
            site.stop()
    finally:
        nginx.stop()
        machine.stop()
        shutil.rmtree(root, ignore_errors=True)


main()
