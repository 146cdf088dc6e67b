"""Streams that are followed all the time: whatever ends one, it is begun anew behind what was seen."""
import asyncio
import json
import struct
import threading

import aiohttp

# What `ns` goes on after.
PASSING = {"unavailable", "aborted", "deadline_exceeded", "resource_exhausted"}
PAUSE = 0.2  # seconds, before one is begun anew


class Followed:
    """One stream. `seen(request, message)` puts into the request that what has come need not come again."""

    def __init__(self, method, service, request, seen):
        self.path, self.request, self.seen = f"/{service}/{method}", dict(request), seen
        self.got, self.ends, self.failed = [], [], []

    async def follow(self, session, base):
        text = json.dumps(self.request).encode()
        headers = {"Content-Type": "application/connect+json", "Connect-Protocol-Version": "1"}
        async with session.post(base + self.path, data=struct.pack(">BI", 0, len(text)) + text, headers=headers) as response:
            if response.status != 200:
                self.failed.append((response.status, (await response.text())[-300:]))
                return
            while True:
                flags, size = struct.unpack(">BI", await response.content.readexactly(5))
                message = json.loads(await response.content.readexactly(size) or b"{}")
                if flags & 2:
                    self.end(message.get("error"))
                    return
                self.seen(self.request, message)
                self.got.append(message)

    def end(self, error):
        if error is None or error.get("code") not in PASSING:
            self.failed.append((200, error))
        else:
            self.ends.append(error["code"])


class Followers:
    """`with Followers(address, streams):` follows them all. `address` as of rig.calls.Calls. One that is cut off without an end, or
    refused otherwise than for a while, has failed."""

    def __init__(self, address, streams):
        self.address, self.streams, self.stopped = address, streams, None

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.run(),), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(lambda: self.stopped.set())
        self.thread.join(30)

    async def run(self):
        self.stopped = asyncio.Event()
        local = self.address.startswith("unix:")
        connector = aiohttp.UnixConnector(self.address[5:], limit=0) if local else aiohttp.TCPConnector(limit=0)
        base = "http://localhost" if local else self.address
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
            tasks = [asyncio.ensure_future(self.keep(stream, session, base)) for stream in self.streams]
            await self.stopped.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    async def keep(stream, session, base):
        while True:
            try:
                await stream.follow(session, base)
            except (aiohttp.ClientError, asyncio.IncompleteReadError, OSError) as error:
                stream.failed.append((0, repr(error)))
            await asyncio.sleep(PAUSE)

    def judge(self):
        failed = [failure for stream in self.streams for failure in stream.failed]
        assert not failed, f"{len(failed)} ends of streams that should not be: {failed[:5]}"
