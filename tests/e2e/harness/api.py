"""The public API by Connect's unary JSON, over the Unix socket or TCP."""
import http.client
import json
import socket

SERVICE = "neoshowcase.protobuf.APIService"


class ApiError(Exception):
    def __init__(self, status, code, message, details=None):
        super().__init__(f"{code} ({status}): {message}")
        self.status, self.code, self.message, self.details = status, code, message, details or []


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Api:
    """`api.CreateApplication(name=..., ...)` posts that message and returns the answer as a dict."""

    def __init__(self, socket_path, timeout=30):
        self.socket_path, self.timeout = socket_path, timeout

    def request(self, path, body, content_type="application/json", headers=None):
        """(status, headers, bytes) of one POST."""
        connection = UnixConnection(self.socket_path, self.timeout)
        try:
            connection.request("POST", path, body, {"Content-Type": content_type, "Connect-Protocol-Version": "1", **(headers or {})})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def call(self, method, message, service=SERVICE):
        status, _, body = self.request(f"/{service}/{method}", json.dumps(message).encode())
        if status == 200:
            return json.loads(body)
        try:
            error = json.loads(body)
        except ValueError:
            error = {"code": "?", "message": body.decode(errors="replace")[:300]}
        raise ApiError(status, error.get("code"), error.get("message", ""), error.get("details"))

    def __getattr__(self, method):
        if not method[0].isupper():
            raise AttributeError(method)
        return lambda **message: self.call(method, message)
