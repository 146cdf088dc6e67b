"""Calls of the API at a steady rate, whatever becomes of them: each is sent when its time has come, and kept with what came of it."""
import asyncio
import json
import struct
import threading
import time
from collections import Counter

import aiohttp

API, PLATFORM = "neoshowcase.protobuf.APIService", "neoshowcase.platform.v1.PlatformService"
LONGEST = 30  # seconds until a call has failed


def thread_seconds():
    """For how long the calling thread has run, and waited for a processor."""
    with open("/proc/thread-self/schedstat", encoding="ascii") as file:
        ran, waited, _ = map(int, file.read().split())
    return ran / 1e9, waited / 1e9


class Kind:
    """One sort of call. `message` may be a function, asked anew for each."""

    def __init__(self, method, message=None, service=API, stream=False, get=False, path=None, headers=None, expects=200):
        self.method, self.message, self.stream, self.get, self.expects = method, message or {}, stream, get, expects
        self.path = path or f"/{service}/{method}"
        kind = "application/connect+json" if stream else "application/json"
        self.headers = {} if get else {"Content-Type": kind, **(headers or {})}

    def body(self):
        text = json.dumps(self.message() if callable(self.message) else self.message).encode()
        return struct.pack(">BI", 0, len(text)) + text if self.stream else text


class Calls:
    """`with Calls(address, kinds, rate) as calls:` sends `rate` calls a second, the kinds in turn; `calls.judge()` afterwards says how many, and fails
    where one failed. `address`: "unix:/path" or "http://host:port"."""

    def __init__(self, address, kinds, rate=200):
        self.address, self.kinds, self.rate = address, kinds, rate
        self.sent, self.answered, self.failed, self.seconds, self.slowest = 0, Counter(), [], 0.0, 0.0
        self.ran, self.waited = 0.0, 0.0  # seconds of the thread that sends
        self.stopping = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(LONGEST + 10)

    async def run(self):
        local = self.address.startswith("unix:")
        connector = aiohttp.UnixConnector(self.address[5:], limit=0) if local else aiohttp.TCPConnector(limit=0)
        base = "http://localhost" if local else self.address
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=LONGEST)) as session:
            begin, under_way = time.monotonic(), set()
            while not self.stopping.is_set():
                due = begin + self.sent / self.rate
                await asyncio.sleep(max(0, due - time.monotonic()))
                kind = self.kinds[self.sent % len(self.kinds)]
                self.sent += 1
                task = asyncio.ensure_future(self.one(session, base, kind))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            self.seconds = time.monotonic() - begin
            self.ran, self.waited = thread_seconds()
            await asyncio.gather(*under_way)

    async def one(self, session, base, kind):
        begin = time.monotonic()
        try:
            if kind.get:
                query = {"connect": "v1", "encoding": "json", "message": kind.body().decode()}
                response = await session.get(base + kind.path, params=query)
            else:
                response = await session.post(base + kind.path, data=kind.body(), headers=kind.headers)
            text = await response.read()
            broken = kind.stream and b'"error"' in text[-500:]
            if response.status == kind.expects and not broken:
                self.answered[kind.method] += 1
            else:
                self.failed.append((kind.method, response.status, text[-300:].decode(errors="replace")))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            self.failed.append((kind.method, 0, repr(error)))
        self.slowest = max(self.slowest, time.monotonic() - begin)

    def judge(self, capsys, what):
        """No call failed, each was answered, and they were as many as they should have been in the time in which the thread that sends had a
        processor, or need of none."""
        rate = self.sent / self.seconds
        with capsys.disabled():
            print(f"\n{what}: {self.sent} calls in {self.seconds:.1f} s, {sum(self.answered.values())} answered, {len(self.failed)} failed, "
                  f"the slowest after {self.slowest:.2f} s; {rate:.0f} a second, whose sender ran {self.ran:.1f} s and waited {self.waited:.1f} s "
                  "for a processor")
        assert not self.failed, f"{len(self.failed)} of {self.sent} failed: {Counter(self.failed).most_common(5)}"
        assert sum(self.answered.values()) == self.sent
        least = self.rate * max(0.6 * self.seconds, 0.9 * (self.seconds - self.waited))
        assert self.sent >= least, f"{rate:.0f} calls a second instead of {self.rate}, though the sender waited {self.waited:.1f} s alone"
        assert set(self.answered) == {kind.method for kind in self.kinds}
