#!/usr/bin/env python3
"""How long good clients wait while others do what they should not: the 99th percentile of 200 calls a second over HTTP/1.1 and over h2c, without and
during each attack, and the memory that the attack takes.

usage: gateway_attacks_bench.py BUILD_FOLDER, as root inside tests/e2e/isolated (`./run bench gateway` does that)."""
import contextlib
import multiprocessing
import os
import socket
import struct
import subprocess
import sys
import time

from gateway_load import API, WHO, a_repository, about_the_machine, cpu_seconds, installation, make_apps, memory_kib, p99_of

SECONDS, RATE = 4, 50  # calls a second on each of four connections
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """HPACK without Huffman coding, RFC 7541 section 6.2.2."""
    return name + bytes([len(value)]) + value


OPENING = PREFACE + frame(SETTINGS, 0, 0, b"")
CALL = b"\x83\x86" + literal(b"\x04", (API + "GetMe").encode()) + literal(b"\x01", b"x") + literal(b"\x0f\x10", b"application/grpc")
LIST = (f"POST {API}GetApplications HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in WHO.items()) + '\r\n{"scope":"ALL"}').encode()


def connected(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=2)
    return connection


def flood(port, pieces):
    """Sends all that is taken, and comes again when it is sent away."""
    while True:
        with contextlib.suppress(OSError), connected(port) as connection:
            for piece in pieces():
                connection.sendall(piece)


def reset_streams():
    yield OPENING
    for first in range(1, 1 << 30, 128):
        yield b"".join(frame(HEADERS, END_HEADERS | END_STREAM, stream, CALL) + frame(RESET, 0, stream, b"\0\0\0\x08")
                       for stream in range(first, first + 128, 2))


def endless(first, piece):
    def pieces():
        yield first
        while True:
            yield piece
    return pieces


def unpacking():
    """Few bytes that become many headers, on stream after stream."""
    entry = b"\x40\x03x-a" + bytes([120]) + b"a" * 120
    for stream in range(1, 1 << 30, 2):
        yield (OPENING if stream == 1 else b"") + frame(HEADERS, END_HEADERS | END_STREAM, stream, CALL + entry + b"\xbe" * 4000)


def slow_writers(port):
    """500 connections that send a byte of a head a second each."""
    open_ones = []
    while True:
        with contextlib.suppress(OSError):
            while len(open_ones) < 500:
                open_ones.append(connected(port))
                open_ones[-1].sendall(b"POST / HTTP/1.1\r\nHost: ")
        time.sleep(1)
        for connection in list(open_ones):
            try:
                connection.sendall(b"x")
            except OSError:
                open_ones.remove(connection)


def slow_readers(port):
    """100 connections that ask for the long list again and again, and read nothing."""
    held = []
    for _ in range(100):
        connection = connected(port)
        connection.setblocking(False)
        held.append(connection)
    while True:
        for connection in held:
            with contextlib.suppress(OSError):
                connection.send(LIST)
        time.sleep(0.1)


def newcomers(port):
    """Connections that come and go."""
    while True:
        with contextlib.suppress(OSError):
            connected(port).close()


ATTACKS = {
    "streams broken off": lambda port: flood(port, reset_streams),
    "CONTINUATION without end": lambda port: flood(port, endless(OPENING + frame(HEADERS, 0, 1, CALL), frame(CONTINUATION, 0, 1, b"\0\x03x-a\x7f\x00" + b"a" * 127) * 100)),
    "SETTINGS without end": lambda port: flood(port, endless(OPENING, frame(SETTINGS, 0, 0, b"") * 1000)),
    "PING without end": lambda port: flood(port, endless(OPENING, frame(PING, 0, 0, b"p" * 8) * 1000)),
    "headers that unpack to much": lambda port: flood(port, unpacking),
    "bytes that are no request": lambda port: flood(port, endless(b"\xff" * 4096, b"\xff" * 4096)),
    "500 slow writers": slow_writers,
    "100 who ask and do not read": slow_readers,
    "connections that come and go": newcomers,
}


def good_clients(folder, port, version):
    """Starts them; what they wait for is in the log once they have ended."""
    name = version.replace("/", "-")
    body, log = os.path.join(folder, f"body-{name}"), os.path.join(folder, f"good-{name}.log")
    with open(body, "wb") as file:
        file.write(b"\x08\x00")
    with contextlib.suppress(FileNotFoundError):
        os.remove(log)
    words = [word for name, value in {**WHO, "Content-Type": "application/proto"}.items() for word in ("-H", f"{name.lower()}: {value}")]
    how = ["--h1"] if version == "HTTP/1.1" else ["-p", "h2c"]
    # Calls that wait are not waited for before the next is sent: each would hide those behind it.
    return log, subprocess.Popen(["h2load", *how, "-t1", "-c4", "-m64", f"--rps={RATE}", f"-D{SECONDS}", f"--log-file={log}", "-d", body, *words,
                                  f"http://127.0.0.1:{port}{API}GetMe"], stdout=subprocess.DEVNULL)


def waited(folder, port):
    """version -> 99th percentile in milliseconds; all that was asked has been answered."""
    started = {version: good_clients(folder, port, version) for version in ("HTTP/1.1", "h2c")}
    for _, process in started.values():
        assert process.wait(timeout=60) == 0
    for version, (log, _) in started.items():
        with open(log, encoding="utf-8") as file:
            statuses = [line.split("\t")[1] for line in file]
        assert set(statuses) == {"200"} and len(statuses) >= 0.95 * 4 * RATE * SECONDS, f"{len(statuses)} answers over {version}: {set(statuses)}"
    return {version: p99_of(log) for version, (log, _) in started.items()}


def under(attack, site):
    """What good clients wait for while it goes on, how much memory the services take at the end of it, and their part of a core."""
    pid = site.nsd["services"].process.pid
    attacker = multiprocessing.Process(target=attack, args=(site.api_port,), daemon=True)
    attacker.start()
    try:
        time.sleep(1)
        before, begin = cpu_seconds(pid), time.monotonic()
        found = waited(site.root, site.api_port)
        assert attacker.is_alive(), "the attack has ended by itself"
        return found, memory_kib(pid), (cpu_seconds(pid) - before) / (time.monotonic() - begin)
    finally:
        attacker.kill()
        attacker.join()


def main():
    about_the_machine()
    with installation(sys.argv[1]) as site:
        make_apps(site, a_repository(site), 0, 300)
        pid = site.nsd["services"].process.pid
        waited(site.root, site.api_port)  # what is made once
        quiet = waited(site.root, site.api_port)
        print("good clients alone: p99 " + ", ".join(f"{p99:.2f} ms over {version}" for version, p99 in quiet.items()), flush=True)
        for name, attack in ATTACKS.items():
            memory = memory_kib(pid)
            found, after, share = under(attack, site)
            times = ", ".join(f"{p99:.2f} ms over {version} ({p99 / quiet[version]:.1f} times)" for version, p99 in found.items())
            print(f"{name}: p99 of good clients {times}; {share:.0%} of the core, {(after - memory) / 1024:+.1f} MiB", flush=True)


main()
