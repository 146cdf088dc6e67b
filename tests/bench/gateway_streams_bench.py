#!/usr/bin/env python3
"""What a stream costs that waits for something to happen: memory of the serving process for each of 10,000 that watch, every one on a connection of
its own, and how soon all of them hear of a change.

usage: gateway_streams_bench.py BUILD_FOLDER [STREAMS], as root inside tests/e2e/isolated (`./run bench gateway` does that)."""
import json
import os
import resource
import selectors
import shutil
import socket
import struct
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from harness.installation import Installation  # noqa: E402
from harness.machine import Machine  # noqa: E402

WATCH = "/neoshowcase.platform.v1.WatchService/Watch"


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def opened(path):
    """A connection on which a stream has begun: all that is there has been told."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    connection.connect(path)
    body = json.dumps({"withoutInitial": True}).encode()
    body = struct.pack(">BI", 0, len(body)) + body
    connection.sendall(f"POST {WATCH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/connect+json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = b""
    while b"synced" not in answer:
        piece = connection.recv(4096)
        assert piece, f"the stream ended: {answer}"
        answer += piece
    connection.setblocking(False)
    return connection


def heard(connections, word, seconds):
    """When each has heard the word, in seconds from now, the slowest last."""
    begin, times, left = time.monotonic(), [], selectors.DefaultSelector()
    for connection in connections:
        left.register(connection, selectors.EVENT_READ)
    while len(times) < len(connections) and time.monotonic() - begin < seconds:
        for key, _ in left.select(timeout=1):
            if word in key.fileobj.recv(65536):
                times.append(time.monotonic() - begin)
                left.unregister(key.fileobj)
    return times


def measure(site, count):
    app = site.app_of(repo_of(site), "watched", start=False, websites=[])
    pid, path = site.nsd["services"].pid, site.api.socket_path
    for connection in [opened(path) for _ in range(50)]:  # what is made once, and kept
        connection.close()
    time.sleep(1)
    before, begin = resident_kib(pid), time.monotonic()
    connections = [opened(path) for _ in range(count)]
    took = time.monotonic() - begin
    time.sleep(2)
    after = resident_kib(pid)
    print(f"{count} streams that watch, opened in {took:.1f} s: {(after - before) / count:.1f} KiB of the process each ({before} to {after} KiB)", flush=True)
    app.update(name="renamed")
    times = heard(connections, b"renamed", 60)
    print(f"a change of one application: {len(times)} of {count} heard of it, half within {times[len(times) // 2]:.2f} s, the last after {times[-1]:.2f} s")
    for connection in connections:
        connection.close()


def repo_of(site):
    repo = site.repo("watched")
    repo.push({"README": "nothing\n"})
    return repo


def main():
    build, count = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (4 * count + 1000, 4 * count + 1000))
    root = tempfile.mkdtemp(prefix="ns-bench-", dir="/tmp")
    os.chmod(root, 0o755)
    logs = os.path.join(root, "logs")
    os.makedirs(logs)
    machine = Machine(root, logs).start()
    try:
        site = Installation(machine, "bench", os.path.join(build, "bin"), logs)
        with open(site.config, encoding="utf-8") as file:
            text = file.read()
        site.write_config(text.replace("config: {cors_origins", f"config: {{connections: {min(65536, 2 * count + 100)}, cors_origins"))
        site.start()
        try:
            measure(site, count)
        finally:
            site.stop()
    finally:
        machine.stop()
        shutil.rmtree(root, ignore_errors=True)


main()
