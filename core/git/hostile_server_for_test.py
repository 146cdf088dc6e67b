"""Serves the hostile repositories over HTTP, and watches who is told the password.

usage: hostile_server_for_test.py CANARY LOG

Two servers: "home" wants user "user" and password "marked-token" for all but what is under /open and /returned; "other" asks for a
password too, but for what is under /public, and nobody should give it one, nor one to /returned. LOG gets a line for each request:
server, path, and "password" where a secret stood anywhere in it. Prints a line for each case: name, commit, outcome, and pairs of path and text in hex; then an empty line.
"""
import base64
import http.server
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
import hostile_cases_for_test as cases
import hostile_lfs_for_test as lfs

CANARY, LOG = sys.argv[1].encode(), open(sys.argv[2], "a", buffering=1)
EXPECTED = "Basic " + base64.b64encode(b"user:marked-token").decode()
ADVERT, RESULT = "application/x-git-upload-pack-advertisement", "application/x-git-upload-pack-result"
SERVED = {}


def packet(data):
    return b"%04x" % (len(data) + 4) + data


def advertised(case):
    head = case.repository.head.encode()
    refs = [(b"HEAD\0symref=HEAD:refs/heads/main", head), (b"refs/heads/main", head)] + [(name, what.encode()) for name, what in case.repository.refs]
    return packet(b"# service=git-upload-pack\n") + b"0000" + b"".join(packet(what + b" " + name + b"\n") for name, what in refs) + b"0000"


def packed(case):
    """The repository's one pack, as the case spoils it."""
    whole = case.repository.pack()
    return {
        "pack-cut": lambda: whole[:len(whole) // 2], "pack-checksum": lambda: whole[:-20] + bytes(20),
        "pack-of-too-few": lambda: case.repository.pack(1000),
        "pack-of-4-billion": lambda: case.repository.pack(0xFFFFFFFF), "pack-garbage": lambda: os.urandom(5000),
        "pack-empty": lambda: cases.Objects().pack(),
    }.get(case.answer, lambda: whole)()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        pass

    def answer(self, code, body=b"", kind="text/plain", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self, body):
        seen = (str(self.headers) + self.path).encode() + body
        secret = base64.b64encode(b"user:marked-token") in seen or b"marked-" in seen or self.headers.get("Authorization")
        returned = self.path.startswith("/returned/")
        LOG.write(f"{'returned' if returned else self.server.label} {self.path}{' password' if secret else ''}\n")
        if self.server.label == "home" and (returned or self.path.startswith("/open/") or self.headers.get("Authorization") == EXPECTED):
            return True
        return self.server.label == "other" and self.path.startswith("/public/")

    def placed(self, text):
        for name, place in cases.PLACES.items():
            text = text.replace(name.decode(), place.decode())
        return text.replace("{case}", self.case.name)

    def stored(self):
        """Whether the path is that of an object in Git LFS: [/public]/KIND/CASE/OID. The kinds differ in who is let in and in what they do."""
        kind, name, what = (self.path.removeprefix("/public").strip("/").split("/") + ["", ""])[:3]
        self.case = SERVED.get(name)
        if kind not in ("store", "open", "plain", "returned", "to-home-store") or self.case is None:
            return False
        if kind == "to-home-store":
            self.answer(302, Location=f"http://127.0.0.1:{HOME.server_address[1]}/plain/{name}/{what}")
        else:
            lfs.answer_download(self, self.case, what, kind in ("store", "open"))
        return True

    def forever(self):
        self.send_response(200)
        self.send_header("Content-Type", ADVERT)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(packet(b"# service=git-upload-pack\n") + b"0000")
        while True:
            self.wfile.write(packet(b"%040x refs/heads/main\n" % 1))
            time.sleep(0.01)

    def misbehaved(self, case):
        """True where the case has its own answer to the first request."""
        other = f"127.0.0.1:{OTHER.server_address[1]}"
        places = {"redirect-other": f"http://{other}/public/good.git", "redirect-loop": f"http://{self.headers['Host']}/server-redirect-loop.git",
                  "redirect-file": "file:///etc", "redirect-metadata": "http://169.254.169.254/latest"}
        if case.answer in places:
            self.answer(302, Location=places[case.answer] + "/info/refs?service=git-upload-pack")
        elif case.answer == "page":
            self.answer(200, b"<html>hello</html>", "text/html")
        elif case.answer == "packet-garbage":
            self.answer(200, b"zzzz" + os.urandom(100), ADVERT)
        elif case.answer == "packet-huge":
            self.answer(200, packet(b"# service=git-upload-pack\n") + b"0000" + b"ffff" + b"x" * 65531, ADVERT)
        elif case.answer == "error-line":
            self.answer(200, packet(b"# service=git-upload-pack\n") + b"0000" + packet(b"ERR \x1b[31m" + b"no " * 10_000), ADVERT)
        elif case.answer == "silent":
            time.sleep(60)
        elif case.answer == "endless-refs":
            self.forever()
        else:
            return False
        return True

    def do_GET(self):
        if not self.allowed(b""):
            return self.answer(401, WWW_Authenticate='Basic realm="git"')
        if self.stored():
            return None
        name = self.path.removeprefix("/public").split(".git/")[0].strip("/")
        if name.startswith("to-other/"):
            return self.answer(302, Location=f"http://127.0.0.1:{OTHER.server_address[1]}/{name[9:]}.git/info/refs?service=git-upload-pack")
        if name.startswith("to-home/"):
            return self.answer(302, Location=f"http://127.0.0.1:{HOME.server_address[1]}/{name[8:]}.git/info/refs?service=git-upload-pack")
        case = SERVED.get(name)
        if case is None:
            self.answer(404)
        elif not self.misbehaved(case):
            self.answer(200, advertised(case), ADVERT)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.allowed(body):
            return self.answer(401, WWW_Authenticate='Basic realm="git"')
        case = self.case = SERVED[self.path.removeprefix("/public").split(".git/")[0].strip("/")]
        if self.path.endswith("/info/lfs/objects/batch"):
            return lfs.answer_batch(self, case, body)
        if case.answer == "redirect-pack":
            return self.answer(307, Location=f"http://127.0.0.1:{OTHER.server_address[1]}/steal")
        self.answer(200, b"0008NAK\n" + packed(case), RESULT)


def listening(label):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.label, server.daemon_threads = label, True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    home = HOME.server_address[1]
    cases.PLACES.update({b"{home}": b"127.0.0.1:%d" % home, b"{other}": b"127.0.0.1:%d" % OTHER.server_address[1], b"{home_port}": b"%d" % home})
    print(home, flush=True)
    for case in cases.all_cases(CANARY):
        SERVED[case.name] = case
        texts = " ".join(f"{path} {text.encode().hex()}" for path, text in case.holds.items())
        print(f"{case.name}\t{case.commit}\t{case.outcome}\t{texts}", flush=True)
    print(flush=True)
    sys.stdin.read()  # ends with whoever started it


HOME, OTHER = listening("home"), listening("other")
main()
