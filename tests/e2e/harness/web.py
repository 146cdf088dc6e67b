"""Clients of the API for Node.js and for browsers, and a headless browser for the latter."""
import hashlib
import http.server
import json
import os
import queue
import shutil
import subprocess
import threading

from .machine import ROOT

SOURCE = os.path.join(ROOT, "tests", "e2e", "clients", "web")
PAGE = b'<!doctype html><meta charset="utf-8"><title>calls</title><script type="module" src="/browser.js"></script>'


def tools():
    """The folder that `tool_web_clients` of run.d/tools.sh makes; None where it is not there."""
    with open(os.path.join(SOURCE, "package-lock.json"), "rb") as file:
        name = "web-clients-" + hashlib.sha256(file.read()).hexdigest()[:12]
    folder = os.path.join(os.environ.get("NS_TOOLS", os.path.expanduser("~/.cache/neoshowcase/tools")), name)
    return folder if os.path.exists(os.path.join(folder, ".complete")) else None


def bundles(tool, folder):
    """Code of the API's definitions, and with it one file for Node.js and one for browsers, in `folder`."""
    for name in os.listdir(SOURCE):
        shutil.copy(os.path.join(SOURCE, name), folder)
    protos, code = os.path.join(ROOT, "core", "proto"), os.path.join(folder, "gen")
    os.makedirs(code)
    files = [os.path.relpath(os.path.join(at, name), protos) for at, _, names in os.walk(protos) for name in names
             if name.endswith(".proto") and "link" not in at.split(os.sep)]
    path = {**os.environ, "PATH": f"{tool}/bin:{os.environ['PATH']}"}
    run = {"check": True, "env": path, "timeout": 60}
    subprocess.run(["protoc", "-I", protos, f"--plugin={tool}/node_modules/.bin/protoc-gen-es", f"--es_out={code}", "--es_opt=target=js",
                    *files], **run)
    os.symlink(f"{tool}/node_modules", os.path.join(folder, "node_modules"))
    for name, platform in (("node", "node"), ("browser", "browser")):
        subprocess.run([f"{tool}/node_modules/.bin/esbuild", f"{name}.mjs", "--bundle", "--format=esm", "--log-level=warning",
                        f"--platform={platform}", f"--outfile={name}.js"], cwd=folder, **run)
    return folder


class Page:
    """A server of one page, an origin of its own, whose script is told `about` and says once what it has seen."""

    def __init__(self, script, about, port):
        self.answers, seen = {"/": ("text/html", PAGE), "/about": ("application/json", json.dumps(about).encode())}, queue.Queue()
        with open(script, "rb") as file:
            self.answers["/browser.js"] = ("text/javascript", file.read())
        answers = self.answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                kind, body = answers.get(self.path, ("text/plain", None))
                self.answer(200 if body is not None else 404, kind, body or b"")

            def do_POST(self):
                seen.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer(200, "text/plain", b"")

            def answer(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.seen, self.server = seen, http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def opened_by_chromium(self, profile, log, seconds):
        """What the script saw in headless Chromium, which is ended then."""
        with open(log, "ab") as file:
            browser = subprocess.Popen(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}",
                 "--remote-debugging-port=0", f"http://127.0.0.1:{self.server.server_port}/"],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            return self.seen.get(timeout=seconds)
        except queue.Empty:
            with open(log, errors="replace") as file:
                raise AssertionError(f"the page said nothing within {seconds} s:\n{file.read()[-3000:]}") from None
        finally:
            browser.terminate()
            browser.wait(20)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
