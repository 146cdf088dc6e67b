"""Serves the bare repositories of a folder over HTTP with git's own CGI program, and faults that tests ask for by path.

usage: git_server_for_test.py FOLDER [CERTIFICATE KEY]      prints the port it listens on; with a certificate it is HTTPS

/cgi-bin/git/NAME.git          the repository
/cgi-bin/git/private-NAME.git  only for user "user" with password "pass word"
/moved/X                       redirects to /cgi-bin/git/X
/elsewhere/PORT/X              redirects to the same on another port
"""
import base64
import http.server
import os
import ssl
import sys
import threading

root = os.path.abspath(sys.argv[1])
os.chdir(root)
os.makedirs("cgi-bin", exist_ok=True)
with open("cgi-bin/git", "w") as script:
    script.write(f"#!/bin/sh\nGIT_PROJECT_ROOT={root} GIT_HTTP_EXPORT_ALL=1 exec git http-backend\n")
os.chmod("cgi-bin/git", 0o755)
EXPECTED = "Basic " + base64.b64encode(b"user:pass word").decode()


class Handler(http.server.CGIHTTPRequestHandler):
    have_fork = False

    def log_message(self, *_):
        pass

    def answer(self, code, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handled(self):
        if self.path.startswith("/moved/"):
            self.answer(301, Location=self.path.replace("/moved/", "/cgi-bin/git/"))
        elif self.path.startswith("/elsewhere/"):
            port, rest = self.path.split("/", 3)[2:]
            self.answer(302, Location=f"http://127.0.0.1:{port}/{rest}")
        elif "/private-" in self.path and self.headers.get("Authorization") != EXPECTED:
            self.answer(401, WWW_Authenticate='Basic realm="git"')
        elif not os.path.isdir(root + self.path.removeprefix("/cgi-bin/git").split(".git")[0] + ".git"):
            self.answer(404)
        else:
            return False
        return True

    def do_GET(self):
        self.handled() or super().do_GET()

    def do_POST(self):
        self.handled() or super().do_POST()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()  # ends with whoever started it
server.serve_forever()
