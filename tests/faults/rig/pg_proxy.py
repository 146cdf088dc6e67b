"""A proxy before PostgreSQL that cuts a link when a transaction has been committed and its client does not know it yet.

It reads the messages of the frontend/backend protocol, version 3, in the clear: type, length, body. A client's message
that begins a commit is `Bind` of a statement that was parsed as COMMIT, or as a writing one and is bound outside a
transaction, or a simple query of that kind; the answer that would tell its outcome is the server's CommandComplete ('C'),
which is kept back when the link is cut.
"""
import asyncio
import re
import threading

from .ports import free_port

WRITES = re.compile(rb"\s*(INSERT|UPDATE|DELETE|WITH)\b", re.I)


class PgProxy:
    """`cuts_left`: how many commits lose their answer; each `every`-th one, so that work gets done between. [any-thread]"""

    def __init__(self, target, every=7):
        self.target, self.port, self.every = target, free_port(), every
        self.cuts_left, self.commits, self.answers_kept = 0, 0, 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self.serve, "127.0.0.1", self.port), self.loop).result(10)

    def cut(self, count):
        """The next `count` commits that fall to it lose their answers."""
        self.cuts_left = count

    def stop(self):
        async def end():
            self.server.close()
            for task in asyncio.all_tasks(self.loop) - {asyncio.current_task()}:
                task.cancel()
        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def serve(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        link = Link(self)
        ends = [asyncio.ensure_future(link.from_client(reader, server_writer)),
                asyncio.ensure_future(link.from_server(server_reader, writer))]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        for end in (writer, server_writer):
            end.close()

    def falls_to(self):
        """Whether this commit is one that loses its answer."""
        self.commits += 1
        if self.cuts_left <= 0 or self.commits % self.every:
            return False
        self.cuts_left -= 1
        return True


class Link:
    """One session: what of it is a commit, and whether it is cut."""

    def __init__(self, proxy):
        self.proxy, self.in_transaction, self.cut = proxy, False, False
        self.prepared = {}  # name -> text

    async def from_client(self, reader, writer):
        length = await reader.readexactly(4)  # the start-up message has no type
        writer.write(length + await reader.readexactly(int.from_bytes(length, "big") - 4))
        while True:
            kind, body = await read_message(reader)
            statement = self.statement_of(kind, body)
            if statement is not None and self.commits(statement) and self.proxy.falls_to():
                self.cut = True
            writer.write(kind + (len(body) + 4).to_bytes(4, "big") + body)
            await writer.drain()

    def statement_of(self, kind, body):
        """The text that this message has run, or None."""
        if kind == b"P":
            name, text = body.split(b"\0")[:2]
            self.prepared[name] = text
        if kind == b"B":
            return self.prepared.get(body.split(b"\0")[1], b"")
        return body.rstrip(b"\0") if kind == b"Q" else None

    def commits(self, statement):
        word = statement.split(None, 1)[0].upper() if statement.strip() else b""
        if word in (b"BEGIN", b"START"):
            self.in_transaction = True
        elif word in (b"COMMIT", b"ROLLBACK"):
            self.in_transaction = False
            return word == b"COMMIT"
        return not self.in_transaction and bool(WRITES.match(statement))

    async def from_server(self, reader, writer):
        while True:
            kind, body = await read_message(reader)
            if self.cut and kind == b"C":
                while kind != b"Z":  # with ReadyForQuery it is surely committed
                    kind, body = await read_message(reader)
                self.proxy.answers_kept += 1
                return
            if self.cut and kind == b"Z":  # it failed: another one shall lose its answer
                self.cut = False
                self.proxy.cuts_left += 1
            writer.write(kind + (len(body) + 4).to_bytes(4, "big") + body)
            await writer.drain()


async def read_message(reader):
    head = await reader.readexactly(5)
    return head[:1], await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
