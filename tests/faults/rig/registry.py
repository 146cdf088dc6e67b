"""A registry for images that are files: what `plugins/engine_files.cc` has pushed, to look at and to delete."""
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .ports import free_port


class Registry:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        handler = type("Handler", (Handler,), {"registry": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def tags(self, repository):
        """tag -> {"digest", "version"}; one that is just being written is not there yet."""
        folder, found = os.path.join(self.folder, "images", repository), {}
        for tag in os.listdir(folder) if os.path.isdir(folder) else ():
            if not tag.endswith(".new"):
                fields = read_fields(os.path.join(folder, tag))
                if "digest" in fields:
                    found[tag] = fields
        return found

    def delete(self, repository, digest):
        for tag, fields in self.tags(repository).items():
            if fields["digest"] == digest:
                os.remove(os.path.join(self.folder, "images", repository, tag))


def read_fields(path):
    try:
        with open(path, encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(" ", 1) for line in file if " " in line)
    except FileNotFoundError:
        return {}


class Handler(BaseHTTPRequestHandler):
    """The part of the distribution specification that the platform uses."""
    protocol_version = "HTTP/1.1"
    registry = None

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for key, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        listed = re.fullmatch(r"/v2/(.+)/tags/list", self.path)
        if listed:
            tags = sorted(self.registry.tags(listed.group(1)))
            self.answer(200, json.dumps({"name": listed.group(1), "tags": tags}).encode())
        else:
            self.answer(200 if self.path == "/v2/" else 404, b"{}")

    def do_HEAD(self):
        asked = re.fullmatch(r"/v2/(.+)/manifests/([^/]+)", self.path)
        fields = self.registry.tags(asked.group(1)).get(asked.group(2)) if asked else None
        self.answer(200 if fields else 404, headers=[("Docker-Content-Digest", fields["digest"])] if fields else ())

    def do_DELETE(self):
        asked = re.fullmatch(r"/v2/(.+)/manifests/([^/]+)", self.path)
        if asked:
            self.registry.delete(*asked.groups())
        self.answer(202 if asked else 404)

    def log_message(self, *_):
        pass
