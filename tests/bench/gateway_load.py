"""What the benchmarks of the gateway share: one core for whoever serves and the others for the rest, the servers it stands beside, clients that
measure, and an installation to ask."""
import contextlib
import os
import re
import signal
import statistics
import struct
import subprocess

from scratch_machine import scratch_machine

from harness.installation import PROXY_SECRET, Installation
from harness.wait import until

NGINX_PORT, GRPC_PORT = 8999, 8997
API = "/neoshowcase.protobuf.APIService/"
WHO = {"X-Forwarded-User": "alice", "X-Neoshowcase-Secret": PROXY_SECRET}
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, OTHER_CORES = {CORES[0]}, set(CORES[1:]) or {CORES[0]}


def serve_on_one_core(pid):
    """That process, with the threads that it has and will have, alone on the core that nobody else uses."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread), SERVER_CORE)


def cpu_seconds(*pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return [int(child) for child in file.read().split()]


def memory_kib(pid, name="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))


class Served:
    """What a server did under one load: CPU of it in microseconds a request, requests a second, the 99th percentile in milliseconds."""

    def __init__(self, cpu, count, seconds, p99):
        assert count > 0, "nothing was answered"
        self.cpu, self.rate, self.p99 = cpu / count * 1e6, count / seconds, p99

    def __str__(self):
        return f"{self.cpu:.1f} us (p99 {self.p99:.2f} ms, {self.rate:.0f}/s)"

    def beside(self, other):
        return f"{self.cpu / other.cpu:.2f} times the CPU, {self.p99 / other.p99:.2f} times the p99"


MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def by_wrk(folder, pid, url, body, headers, seconds, clients):
    """HTTP/1.1 on so many connections, each asking as soon as it was answered."""
    script = os.path.join(folder, "wrk.lua")
    lines = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in headers.items())
    with open(script, "w", encoding="utf-8") as file:
        file.write(f'wrk.method = "POST"\n{lines}wrk.body = "{"".join(f"{chr(92)}{byte}" for byte in body)}"\n')
    before = cpu_seconds(pid)
    done = subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", script, url], capture_output=True, text=True, check=True)
    cpu = cpu_seconds(pid) - before
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    count = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    p99, unit = re.search(r"99%\s+([\d.]+)([a-z]+)", done.stdout).groups()
    return Served(cpu, count, seconds, float(p99) * MILLISECONDS[unit])


def by_h2load(folder, pid, url, body, headers, seconds, clients):
    """HTTP/2 on one connection, so many requests at once."""
    path, log = os.path.join(folder, "body"), os.path.join(folder, "h2load.log")
    with open(path, "wb") as file:
        file.write(body)
    words = [word for name, value in headers.items() for word in ("-H", f"{name.lower()}: {value}")]
    with contextlib.suppress(FileNotFoundError):
        os.remove(log)
    before = cpu_seconds(pid)
    done = subprocess.run(["h2load", "-p", "h2c", "-t1", "-c1", f"-m{clients}", f"-D{seconds}", f"--log-file={log}", "-d", path, *words, url],
                          capture_output=True, text=True, check=True)
    cpu = cpu_seconds(pid) - before
    count = int(re.search(r"status codes: (\d+) 2xx", done.stdout).group(1))
    assert " 0 3xx, 0 4xx, 0 5xx" in done.stdout, done.stdout
    return Served(cpu, count, seconds, p99_of(log))


def p99_of(log):
    """Of a log of h2load, in milliseconds."""
    with open(log, encoding="utf-8") as file:
        took = [int(line.split("\t")[2]) for line in file if line.split("\t")[1] == "200"]
    return statistics.quantiles(took, n=100)[98] / 1000


def framed(message):
    return struct.pack(">BI", 0, len(message)) + message


class Nginx:
    """Answers each path with as many bytes as it is told, over HTTP/1.1 and on the next port over h2c."""

    def __init__(self, root):
        self.folder = os.path.join(root, "nginx")
        os.makedirs(self.folder)
        self.process = None

    def answer(self, size):
        self.stop()
        body = f"{'${m}' * (size // 100_000)}{'${k}' * (size // 1000 % 100)}{'x' * (size % 1000)}"
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(f"daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log;\n"
                       "events {}\nhttp { access_log off; keepalive_requests 100000000; server { "
                       f"listen 127.0.0.1:{NGINX_PORT}; listen 127.0.0.1:{NGINX_PORT + 1} http2; "
                       f"location / {{ default_type application/json; set $k '{'x' * 1000}'; set $m '{'${k}' * 100}'; return 200 '{body}'; }} }} }}\n")
        self.process = subprocess.Popen(["nginx", "-c", f"{self.folder}/nginx.conf", "-e", f"{self.folder}/error.log"])
        until(lambda: subprocess.run(["curl", "-sf", "-o", "/dev/null", f"http://127.0.0.1:{NGINX_PORT}/"], check=False).returncode == 0, 10, "nginx answers")
        serve_on_one_core(self.process.pid)
        return self.process.pid

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


@contextlib.contextmanager
def grpc_server(build, root, me, applications):
    """The stock gRPC server in C++, which answers with these messages: its process id."""
    files = []
    for name, message in (("me", me), ("applications", applications)):
        files.append(os.path.join(root, name))
        with open(files[-1], "wb") as file:
            file.write(message)
    process = subprocess.Popen([f"{build}/bench/gateway_grpc_server", str(GRPC_PORT), *files], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        serve_on_one_core(process.pid)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextlib.contextmanager
def installation(build, **gateway):
    """An installation of its own, whose services have a core to themselves; `gateway`: settings of the plugin."""
    os.sched_setaffinity(0, OTHER_CORES)
    with scratch_machine() as (machine, logs):
        site = Installation(machine, "bench", os.path.join(os.path.abspath(build), "bin"), logs)
        with open(site.config, encoding="utf-8") as file:
            text = file.read()
        settings = "".join(f"{name}: {value}, " for name, value in gateway.items())
        site.write_config(text.replace("config: {operations", f"config: {{{settings}operations"))
        site.start()
        serve_on_one_core(site.nsd["services"].process.pid)
        try:
            yield site
        finally:
            site.stop()


def make_apps(site, repository, have, count):
    """By SQL, since it is not creating them that is measured."""
    one = "lpad(n::text, 22, '0')"
    many = f"FROM generate_series({have + 1}, {count}) n"
    site.sql("INSERT INTO applications (id, name, repository_id, ref, commit_hash, build_method, build_settings, backend) "
             f"SELECT {one}, 'app-' || n, '{repository}', 'main', repeat('a', 40), 'runtime-dockerfile', "
             f"""'{{"context":".","dockerfile_name":"Dockerfile"}}', 'docker' {many}""")
    site.sql(f"INSERT INTO application_owners SELECT {one}, (SELECT min(id) FROM subjects), 0 {many}")
    site.sql("INSERT INTO websites (id, application_id, ordinal, fqdn, path_prefix, port) "
             f"SELECT k || substr({one}, 2), {one}, k, 'app-' || n || '.apps.test', '/' || k, 8080 {many}, generate_series(1, 2) k")
    settle(site)


def settle(site):
    """Waits until the controller has looked at all that is new, and changes nothing any more."""
    def versions():
        return site.sql("SELECT sum(version) FROM applications")
    seen = []
    def still():
        seen.append(versions())
        return len(seen) > 3 and len(set(map(tuple, seen[-4:]))) == 1
    until(still, 60, "applications are as they stay", every=1)


def a_repository(site):
    repo = site.repo("many")
    repo.push({"README": "nothing\n"})
    return site.register(repo)


def about_the_machine():
    print(f"load of the machine as it begins: {os.getloadavg()[0]:.1f}; CPU is user and system time of the serving process alone, "
          f"on one core of {len(CORES)}", flush=True)
