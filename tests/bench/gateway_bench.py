#!/usr/bin/env python3
"""What a call costs through the gateway and the API behind it, beside nginx with a static answer of the same size and the stock gRPC server in C++
with the same method: CPU of the serving process for each request and the 99th percentile, over HTTP/1.1 (wrk) and HTTP/2 without TLS (h2load).

usage: gateway_bench.py BUILD_FOLDER [APPLICATIONS...] (GetMe, and 10, 100 and 1000), as root inside tests/e2e/isolated (`./run bench gateway` does that)."""
import subprocess
import sys
import time

from gateway_load import (API, GRPC_PORT, NGINX_PORT, WHO, Nginx, a_repository, about_the_machine, by_h2load, by_wrk, children, cpu_seconds, framed,
                          grpc_server, installation, make_apps)

SECONDS, CLIENTS = 3, 8
# h2load sends no empty body: an unknown field, which is nothing.
MESSAGES = {"GetMe": (b"\x08\x00", b"{}"), "GetApplications": (b"\x08\x01", b'{"scope": "ALL"}')}


class Bench:
    def __init__(self, build, site, nginx):
        self.build, self.site, self.nginx = build, site, nginx
        self.services = site.nsd["services"].process.pid
        self.ours = f"http://127.0.0.1:{site.api_port}"

    def run(self, tool, pid, url, body, headers):
        return tool(self.site.root, pid, url, body, headers, SECONDS, CLIENTS)

    def answer(self, method, message, kind):
        headers = [word for name, value in {**WHO, "Content-Type": kind}.items() for word in ("-H", f"{name}: {value}")]
        return subprocess.run(["curl", "-sf", "--data-binary", "@-", *headers, f"{self.ours}{API}{method}"], input=message, capture_output=True,
                              check=True).stdout

    def transactions(self):
        """Of the database so far; it says so a second late."""
        time.sleep(1.2)
        return int(self.site.sql("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")[0])

    def beside_nginx(self, what, method, message, kind):
        """The same bytes from nginx, which looks at nothing."""
        size = len(self.answer(method, message, kind))
        headers = {**WHO, "Content-Type": kind}
        bare = self.nginx.answer(size)
        for version, tool, port in (("HTTP/1.1", by_wrk, NGINX_PORT), ("h2c", by_h2load, NGINX_PORT + 1)):
            ours = self.run(tool, self.services, f"{self.ours}{API}{method}", message, headers)
            theirs = self.run(tool, bare, f"http://127.0.0.1:{port}/", message, headers)
            print(f"{what}, {version}, {size} bytes: {ours}, nginx {theirs}: {ours.beside(theirs)}", flush=True)

    def beside_grpc(self, what, method, message, grpc):
        headers = {**WHO, "Content-Type": "application/grpc", "TE": "trailers"}
        ours = self.run(by_h2load, self.services, f"{self.ours}{API}{method}", framed(message), headers)
        theirs = self.run(by_h2load, grpc, f"http://127.0.0.1:{GRPC_PORT}{API}{method}", framed(message), headers)
        print(f"{what}, gRPC over h2c: {ours}, the gRPC server {theirs}: {ours.beside(theirs)}", flush=True)

    def of_the_database(self, what, method, message):
        """What is asked of it for one call, over HTTP/1.1, beside what is asked while nobody calls."""
        sessions = children(self.site.helpers()["postgres"])

        def during(act):
            asked, spent = self.transactions(), cpu_seconds(*sessions)
            result = act()
            spent = cpu_seconds(*sessions) - spent
            return result, self.transactions() - asked, spent
        _, idle, idle_spent = during(lambda: time.sleep(SECONDS))
        served, asked, spent = during(lambda: self.run(by_wrk, self.services, f"{self.ours}{API}{method}", message, {**WHO, "Content-Type": "application/proto"}))
        count = served.rate * SECONDS
        print(f"{what}: {max(0, asked - idle) / count:.4f} transactions of the database a call ({idle} in as long without calls), "
              f"{max(0, spent - idle_spent) / count * 1e6:.1f} us of its CPU", flush=True)

    def all_of(self, what, method):
        binary, json = MESSAGES[method]
        self.beside_nginx(f"{what}, binary", method, binary, "application/proto")
        self.beside_nginx(f"{what}, JSON", method, json, "application/json")
        answers = {name: self.answer(name, MESSAGES[name][0], "application/proto") for name in MESSAGES}
        with grpc_server(self.build, self.site.root, answers["GetMe"], answers["GetApplications"]) as grpc:
            self.beside_grpc(what, method, binary, grpc)
        self.of_the_database(what, method, binary)


def main():
    build, counts = sys.argv[1], [int(count) for count in sys.argv[2:]]
    about_the_machine()
    with installation(build) as site:
        nginx = Nginx(site.root)
        try:
            bench = Bench(build, site, nginx)
            if not counts:
                bench.all_of("GetMe", "GetMe")
            repository, have = a_repository(site), 0
            for count in counts or (10, 100, 1000):
                make_apps(site, repository, have, count)
                have = count
                bench.all_of(f"GetApplications with {count}", "GetApplications")
        finally:
            nginx.stop()


main()
