#!/usr/bin/env python3
"""What streams cost: memory of the serving process for each of 10,000 that wait for something to happen, every one on a connection of its own, and how
soon all of them hear of a change; and how much of a growing log it passes on to those who follow it.

usage: gateway_streams_bench.py BUILD_FOLDER [STREAMS], as root inside tests/e2e/isolated (`./run bench gateway` does that)."""
import json
import resource
import selectors
import socket
import sys
import threading
import time

from gateway_load import API, a_repository, about_the_machine, cpu_seconds, framed, installation, make_apps, memory_kib

WATCH = "/neoshowcase.platform.v1.WatchService/Watch"
LOG_MIB, ROW = 16, 64 * 1024
BUILD = "b" * 22


def asked(path, method, message):
    """A connection on which that has been asked for as a stream of Connect."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(path)
    body = framed(json.dumps(message).encode())
    connection.sendall(f"POST {method} HTTP/1.1\r\nHost: x\r\nContent-Type: application/connect+json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def opened(path, count, at_once=100):
    """So many on which a stream has begun: all that is there has been told."""
    connections = []
    while len(connections) < count:
        some = [asked(path, WATCH, {"withoutInitial": True}) for _ in range(min(at_once, count - len(connections)))]
        for connection in some:
            answer = b""
            while b"synced" not in answer:
                piece = connection.recv(4096)
                assert piece, f"the stream ended: {answer}"
                answer += piece
            connection.setblocking(False)
        connections += some
    return connections


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


def idle_streams(site, app, count):
    pid, path = site.nsd["services"].process.pid, site.api.socket_path
    for connection in opened(path, 50):  # what is made once, and kept
        connection.close()
    time.sleep(1)
    before, begin = memory_kib(pid), time.monotonic()
    connections = opened(path, count)
    took = time.monotonic() - begin
    time.sleep(2)
    after, spent = memory_kib(pid), cpu_seconds(pid)
    print(f"{count} streams that watch, opened in {took:.1f} s: {(after - before) / count:.1f} KiB of the process each ({before} to {after} KiB)", flush=True)
    time.sleep(5)
    print(f"and 5 s of waiting take {(cpu_seconds(pid) - spent) * 1000:.0f} ms of CPU", flush=True)
    site.api.UpdateApplication(id=app, name="renamed")
    times = heard(connections, b"renamed", 60)
    print(f"a change of one application: {len(times)} of {count} heard of it, half within {times[len(times) // 2]:.2f} s, the last after {times[-1]:.2f} s",
          flush=True)
    for connection in connections:
        connection.close()
    rests(pid)


def rests(pid):
    """Waits until that process has done what there was to do: streams that end are work too."""
    spent = -1
    while cpu_seconds(pid) - spent > 0.02:
        spent = cpu_seconds(pid)
        time.sleep(1)


def begin_build(site, app):
    """A build that is under way, and whose log somebody writes."""
    site.sql("DELETE FROM builds")
    site.sql(f"INSERT INTO builds (id, application_id, commit_hash, build_key, status, attempt, lease_host, lease_token, lease_expires, started_at) VALUES "
             f"('{BUILD}', '{app}', repeat('a', 40), 'bench', 1, 1, 'bench', 'token', now() + interval '1 hour', now())")


def write_log(site):
    """Row by row, each a transaction and a hint, as a builder does, as fast as the database takes it."""
    line = "#12 3.456 a line of a log as builds print them, of 64 bytes .."
    site.sql(f"DO $$ BEGIN FOR n IN 0..{LOG_MIB * (1 << 20) // ROW - 1} LOOP INSERT INTO build_logs VALUES ('{BUILD}', n::bigint * {ROW}, "
             f"convert_to(repeat('{line:63.63}' || chr(10), {ROW // 64}), 'UTF8')); COMMIT; END LOOP; END $$")


def end_build(site):
    site.sql(f"UPDATE builds SET status = 2, lease_token = '', finished_at = now() WHERE id = '{BUILD}'")


def drain(connections):
    """Bytes that came until each stream has ended."""
    total, left = 0, selectors.DefaultSelector()
    for connection in connections:
        connection.setblocking(False)
        left.register(connection, selectors.EVENT_READ, bytearray())
    while left.get_map():
        ready = left.select(timeout=60)
        assert ready, "nothing came for a minute, and no end"
        for key, _ in ready:
            piece = key.fileobj.recv(1 << 20)
            total += len(piece)
            key.data[:] = (bytes(key.data) + piece)[-16:]
            if not piece or bytes(key.data).endswith(b"0\r\n\r\n"):
                left.unregister(key.fileobj)
    return total


def live_log(site, app, followers, ahead):
    """`ahead`: the log is there before anybody follows it; what is timed is then the stream and not the writer."""
    pid = site.nsd["services"].process.pid
    begin_build(site, app)
    site.sql(f"DELETE FROM build_logs WHERE build_id = '{BUILD}'")
    if ahead:
        write_log(site)
    begin, spent = time.monotonic(), cpu_seconds(pid)
    connections = [asked(site.api.socket_path, API + "GetBuildLogStream", {"buildId": BUILD}) for _ in range(followers)]
    if not ahead:
        time.sleep(0.5)  # all of them are followed
        begin, spent = time.monotonic(), cpu_seconds(pid)
    writer = threading.Thread(target=lambda: (None if ahead else write_log(site), end_build(site)))
    writer.start()
    came = drain(connections)
    took, spent = time.monotonic() - begin, cpu_seconds(pid) - spent
    writer.join()
    for connection in connections:
        connection.close()
    passed = LOG_MIB * followers
    assert came >= passed * (1 << 20) * 4 / 3, f"only {came} bytes of {passed} MiB in Base64"
    print(f"a log of {LOG_MIB} MiB that {'is there already' if ahead else 'grows'}, {followers} who follow{'s' * (followers == 1)}: "
          f"{passed / took:.1f} MiB/s passed on, {spent / passed * 1000:.1f} ms of CPU a MiB, as JSON", flush=True)


def main():
    build, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    assert most > count + 1000, f"a process may have {most} files open, and {count} streams want more"
    about_the_machine()
    with installation(build, connections=min(65536, 2 * count + 100)) as site:
        make_apps(site, a_repository(site), 0, 1)
        app = site.api.GetApplications(scope="ALL")["applications"][0]["id"]
        idle_streams(site, app, count)
        for followers in (1, 10):
            for ahead in (False, True):
                live_log(site, app, followers, ahead)


main()
