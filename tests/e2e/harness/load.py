"""HTTP load on one application while a test changes it. Every answer is kept and judged at the end."""
import asyncio
import threading
import time
from collections import Counter

import aiohttp


class Answer:
    __slots__ = ("kind", "sent", "received", "status", "version", "error")

    def __init__(self, kind, sent):
        self.kind, self.sent, self.received, self.status, self.version, self.error = kind, sent, 0.0, 0, None, None


class Load:
    """`with Load(app) as load:` runs a mix of clients in a thread; `load.judge()` afterwards asserts on what they saw.

    Clients: keep-alive GETs, GETs each on a new connection, POST echoes, 3 s responses, one WebSocket that is opened
    again whenever the server side ends it. `pace` is the pause of the fast clients between requests, in seconds.
    """

    def __init__(self, app, keep_alive=4, fresh=2, posts=2, slow=4, websocket=True, pace=0.004):
        self.base = f"http://127.0.0.1:{app.site.http_port}"
        self.headers = {"Host": app.host}
        self.plan = [(self.keep_alive, keep_alive), (self.fresh, fresh), (self.post, posts), (self.slow, slow),
                     (self.websocket, int(websocket))]
        self.pace, self.answers, self.stopping = pace, [], False

    def __enter__(self):
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join(60)

    async def run(self):
        await asyncio.gather(*(client() for client, count in self.plan for _ in range(count)))

    def session(self, **connector):
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1, **connector), headers=self.headers,
                                     timeout=aiohttp.ClientTimeout(total=30))

    async def one(self, session, kind, path, **arguments):
        answer = Answer(kind, time.monotonic())
        try:
            async with session.request("POST" if "data" in arguments else "GET", self.base + path, **arguments) as response:
                body = await response.read()
                answer.status, answer.version = response.status, response.headers.get("X-Version")
                if "data" in arguments and response.status == 200 and body != arguments["data"]:
                    answer.error = f"echo of {len(arguments['data'])} bytes came back as {len(body)}"
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            answer.error = repr(error)
        answer.received = time.monotonic()
        self.answers.append(answer)

    async def keep_alive(self):
        async with self.session() as session:
            while not self.stopping:
                await self.one(session, "keep-alive", "/")
                await asyncio.sleep(self.pace)

    async def fresh(self):
        async with self.session(force_close=True) as session:
            while not self.stopping:
                await self.one(session, "fresh", "/")
                await asyncio.sleep(self.pace)

    async def post(self):
        body = bytes(range(256)) * 16
        # A POST must never be sent twice: new connections, so that no idle one is met just as it closes.
        async with self.session(force_close=True) as session:
            while not self.stopping:
                await self.one(session, "post", "/echo", data=body)
                await asyncio.sleep(self.pace * 2)

    async def slow(self):
        async with self.session() as session:
            while not self.stopping:
                await self.one(session, "slow", "/slow")

    async def websocket(self):
        async with self.session() as session:
            while not self.stopping:
                answer = Answer("websocket", time.monotonic())
                try:
                    async with session.ws_connect(self.base + "/ws") as socket:
                        answer.status, answer.received = 101, time.monotonic()
                        answer.version = (await socket.receive_str())
                        self.answers.append(answer)
                        while not self.stopping and not socket.closed:
                            await socket.send_str("ping")
                            if (await socket.receive()).type != aiohttp.WSMsgType.TEXT:
                                break
                            await asyncio.sleep(0.2)
                        continue
                except aiohttp.WSServerHandshakeError as error:
                    answer.status, answer.error = error.status, repr(error)
                except (aiohttp.ClientError, OSError, TypeError) as error:
                    if answer.status == 101:
                        continue  # the server side ended an open socket: it was told
                    answer.error = repr(error)
                answer.received = time.monotonic()
                self.answers.append(answer)

    def judge(self, least=1):
        """Every answer a 2xx (the WebSocket's a 101), at least `least` of them, and the version never goes back."""
        bad = [a for a in self.answers if a.error or not (a.status == 101 if a.kind == "websocket" else 200 <= a.status < 300)]
        seen = Counter((a.kind, a.status, a.error) for a in bad)
        assert not bad, f"{len(bad)} of {len(self.answers)} requests failed: {seen.most_common(8)}"
        assert len(self.answers) >= least, f"only {len(self.answers)} requests"
        self.judge_versions()
        return Counter(a.kind for a in self.answers)

    def judge_versions(self):
        """No request that began after an answer of version v is answered by an older one."""
        received = sorted((a for a in self.answers if a.version), key=lambda a: a.received)
        newest, index = 0, 0
        for answer in sorted((a for a in self.answers if a.version), key=lambda a: a.sent):
            while index < len(received) and received[index].received < answer.sent:
                newest = max(newest, int(received[index].version))
                index += 1
            assert int(answer.version) >= newest, f"version {answer.version} answered a {answer.kind} request sent after {newest} had answered"
