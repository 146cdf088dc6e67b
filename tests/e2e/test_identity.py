"""Who calls, over the real gateway on TCP: API tokens, their scopes and their end; signed identity tokens; keys of users; `ns login`."""
import base64
import http.client
import http.server
import json
import os
import re
import subprocess
import threading
import time

import pytest

from harness.daemon import Daemon, start_ready
from harness.installation import PROXY_SECRET
from harness.machine import ROOT, listening
from harness.worktree import WorkTree

API, TOKENS = "neoshowcase.protobuf.APIService", "neoshowcase.platform.v1.TokenService"
EDGE_KEY = "302e020100300506032b657004220420" "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"  # RFC 8037, A.1
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A"


@pytest.fixture
def bearer(site):
    """Calls a method on the TCP port with an `Authorization` header; gives (HTTP status, answer)."""
    def call(token, method, service=API, **message):
        connection = http.client.HTTPConnection("127.0.0.1", site.api_port, timeout=30)
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            connection.request("POST", f"/{service}/{method}", json.dumps(message), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()
    return call


@pytest.fixture
def token(site):
    """Makes tokens of root, which end with the test."""
    made = []

    def create(scope, **more):
        answer = site.api.call("CreateToken", {"name": "e2e", "scope": f"TOKEN_SCOPE_{scope}", **more}, service=TOKENS)
        made.append(answer["token"])
        return answer["text"]
    yield create
    for one in made:
        left = site.api.call("ListTokens", {}, service=TOKENS).get("tokens", [])
        if one["id"] in [other["id"] for other in left]:
            site.api.call("RevokeToken", {"tokenId": one["id"]}, service=TOKENS)


def test_token_IsItsUserOnTcp_WithinItsScope_UntilRevoked(site, bearer, token):
    assert bearer(None, "GetMe")[0] == 401
    read, deploy = token("READ"), token("DEPLOY")
    status, me = bearer(read, "GetMe")
    assert (status, me["name"], me.get("admin", False)) == (200, "root@local", False)
    assert bearer(deploy, "GenerateKeyPair")[0] == 403
    assert bearer(read[:-1] + "_", "GetMe")[0] == 401
    answer = site.api.call("CreateToken", {"name": "robot", "scope": "TOKEN_SCOPE_ADMIN", "user": "robot"}, service=TOKENS)
    robot = answer["text"]
    assert bearer(robot, "GetMe")[1]["name"] == "robot"
    assert bearer(robot, "GenerateKeyPair")[0] == 200
    stored = "".join(site.sql("SELECT api_tokens::text FROM api_tokens"))
    assert read not in stored and deploy not in stored and robot not in stored
    assert bearer(robot, "RevokeToken", service=TOKENS, tokenId=answer["token"]["id"])[0] == 200
    status, refusal = bearer(robot, "GetMe")
    assert (status, refusal["code"]) == (401, "unauthenticated")


def test_token_LimitedToAnApplication_ReachesNoOther(site, bearer, token, testapp):
    one, other = site.app("tokened", testapp), site.app("untokened", testapp)
    limited = token("DEPLOY", applicationIds=[one.id])
    listed = bearer(limited, "GetApplications", scope="ALL")[1]["applications"]
    assert [app["id"] for app in listed] == [one.id]
    assert bearer(limited, "StopApplication", id=one.id)[0] == 200
    assert bearer(limited, "StopApplication", id=other.id)[0] == 403
    assert bearer(limited, "GetUsers")[0] == 403


def test_userKey_IsKeptOnceAndDeleted(site):
    made = site.api.CreateUserKey(publicKey=KEY + " alice@laptop", name="laptop")
    assert made["publicKey"] == KEY
    assert [key["id"] for key in site.api.GetUserKeys()["keys"]] == [made["id"]]
    with pytest.raises(Exception, match="already_exists"):
        site.api.CreateUserKey(publicKey=KEY, name="again")
    site.api.DeleteUserKey(keyId=made["id"])
    assert site.api.GetUserKeys().get("keys", []) == []


# -- signed identity tokens -------------------------------------------------------------------------------------------------
@pytest.fixture
def edge(site, tmp_path):
    """Signs claims as an edge does whose key the installation knows."""
    (tmp_path / "key").write_bytes(bytes.fromhex(EDGE_KEY))

    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def sign(**changes):
        claims = {"name": "alice", "aud": site.name, "host": f"127.0.0.1:{site.api_port}", "iat": int(time.time()),
                  "exp": int(time.time()) + 30, **changes}
        text = encoded(b'{"alg":"EdDSA","kid":"edge-1"}') + "." + encoded(json.dumps(claims).encode())
        (tmp_path / "text").write_text(text)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", tmp_path / "key", "-keyform", "DER", "-rawin", "-in", tmp_path / "text"],
                              capture_output=True, check=True)
        return text + "." + encoded(done.stdout)
    return sign


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_signedToken_NamesTheUserToItsHostAlone(site, edge, version):
    def me(token):
        done = subprocess.run(["curl", "-sS", version, "-H", "content-type: application/json", "-H", f"x-neoshowcase-identity: {token}",
                               "-d", "{}", f"http://127.0.0.1:{site.api_port}/{API}/GetMe"], capture_output=True, text=True, timeout=30, check=True)
        return json.loads(done.stdout)
    assert me(edge())["name"] == "alice" and not me(edge()).get("admin", False)
    assert me(edge(groups=["ops"]))["admin"]
    for wrong in ({"host": "elsewhere.test"}, {"aud": "another"}, {"exp": int(time.time()) + 3600}, {"name": "root@local"},
                  {"iat": int(time.time()) - 90, "exp": int(time.time()) - 60}):
        assert me(edge(**wrong))["code"] == "unauthenticated", wrong


# -- the command line -------------------------------------------------------------------------------------------------------
def test_login_StoresAServer_ThatLaterCommandsUse(site, tmp_path):
    def ns(*words, **given):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NS_")}
        return subprocess.run([f"{site.binaries}/ns", *words], capture_output=True, text=True, timeout=60,
                              env={**environment, "XDG_CONFIG_HOME": str(tmp_path)}, **given)
    text = site.ns_raw("token", "create", "laptop", "--scope", "admin", "--user", "ada", check=True).stdout
    address = f"http://127.0.0.1:{site.api_port}"
    assert ns("login", address, input=text[:-2] + "\n").returncode == 4
    assert not os.listdir(tmp_path)
    assert ns("login", address, input=text).returncode == 0
    who = json.loads(ns("whoami", "--json").stdout)
    assert who["user"]["name"] == "ada" and who["token"]["name"] == "laptop"
    made = ns("token", "create", "ci", "--scope", "read")
    assert made.stdout.startswith("nst_") and made.returncode == 0
    assert ns("admin", "list").returncode == 4
    site.ns_raw("admin", "add", "ada", check=True)
    assert ns("admin", "list").returncode == 0
    site.ns_raw("admin", "remove", "ada", check=True)
    assert ns("logout", "--revoke").returncode == 0
    assert ns("--server", address, "whoami").returncode == 4


# -- a proxy in front, as docs/proxy.md has it -------------------------------------------------------------------------------
FRONT_PORT, ASKED_PORT = 4251, 4180


class Asked(http.server.BaseHTTPRequestHandler):
    """Stands in for oauth2-proxy: who has the cookie is logged in as alice."""

    def do_GET(self):
        known = self.path == "/oauth2/auth" and "session=good" in self.headers.get("Cookie", "")
        self.send_response(202 if known else 401)
        if known:
            self.send_header("X-Auth-Request-User", "alice")
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture(params=["passwords", "oauth2-proxy"])
def front(request, site, logs, tmp_path):
    """nginx by one of the two configurations of the page; gives the words of curl that log alice in."""
    with open(os.path.join(ROOT, "docs", "proxy.md"), encoding="utf-8") as file:
        text, other = re.findall(r"```nginx\n(.*?)```", file.read(), re.DOTALL)
    if request.param == "oauth2-proxy":
        text = re.sub(r"  location / \{\n.*?\n  \}\n", lambda _: other, text, count=1, flags=re.DOTALL)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=ns.example.com", "-days", "1",
                    "-keyout", tmp_path / "ns.example.com.key", "-out", tmp_path / "ns.example.com.pem"], check=True, capture_output=True)
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "pw"], check=True, capture_output=True, text=True).stdout
    (tmp_path / "neoshowcase.htpasswd").write_text("alice:" + hashed)
    tmp_path.chmod(0o755)
    for there, here in (("listen 443", f"listen 127.0.0.1:{FRONT_PORT}"), ("/etc/nginx/", f"{tmp_path}/"), ("THE-SECRET", PROXY_SECRET),
                        ("127.0.0.1:4000", f"127.0.0.1:{site.api_port}")):
        assert there in text
        text = text.replace(there, here)
    (tmp_path / "nginx.conf").write_text(
        f"user root; daemon off; worker_processes 1; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; events {{}}\nhttp {{ access_log off;\n"
        + "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("proxy", "client_body", "fastcgi", "uwsgi", "scgi")) + text + "}\n")
    asked = http.server.ThreadingHTTPServer(("127.0.0.1", ASKED_PORT), Asked)
    threading.Thread(target=asked.serve_forever, daemon=True).start()
    nginx = Daemon("front", ["nginx", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"], logs)
    try:
        start_ready(nginx, lambda: listening(FRONT_PORT))
        yield ["-u", "alice:pw"] if request.param == "passwords" else ["-H", "Cookie: session=good"]
    finally:
        nginx.stop()
        asked.shutdown()
        asked.server_close()


def test_proxyOfTheDocumentation_IsConfiguredWhereTheInstallationLies(site, tmp_path):
    """The commands and the YAML of the page as they stand, with the folder of `./run up` put elsewhere."""
    with open(os.path.join(ROOT, "run.d", "common.sh"), encoding="utf-8") as file:
        home = re.search(r"NS_HOME:-([^}]+)}", file.read())[1]
    with open(os.path.join(ROOT, "docs", "proxy.md"), encoding="utf-8") as file:
        page = file.read()
    [command] = re.findall(r"^    (\(umask .*\))$", page, re.MULTILINE)
    [settings] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert f"`{home}/config.yaml`" in page and f"{home}/" in command
    subprocess.run(["sh", "-c", command.replace(home, str(tmp_path))], check=True)
    with open(site.config, encoding="utf-8") as file:
        rest = re.sub(r"^(admins|identity): .*\n( .*\n)*", "", file.read(), flags=re.MULTILINE)
    (tmp_path / "config.yaml").write_text(rest + settings)
    done = subprocess.run([f"{site.binaries}/nsd", "check-config", "--config", tmp_path / "config.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_proxyOfTheDocumentation_NamesWhoLoggedInAndLetsTokensThrough(site, front, token):
    address = f"https://127.0.0.1:{FRONT_PORT}"

    def asks(*words, path=f"/{API}/GetMe", body="{}"):
        done = subprocess.run(["curl", "-ksS", "-H", "content-type: application/json", "-d", body, "-w", "\n%{http_code}", *words, address + path],
                              capture_output=True, text=True, timeout=30, check=True)
        answer, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(answer) if answer.startswith("{") else answer

    forged = [word for header in ("X-Forwarded-User: root", f"X-Neoshowcase-Secret: {PROXY_SECRET}", "X-Neoshowcase-Identity: x")
              for word in ("-H", header)]
    shown = ["-H", f"Authorization: Bearer {token('ADMIN')}"]
    assert asks(*front)[1]["name"] == "alice"
    assert asks(*front, *forged)[1]["name"] == "alice"
    assert asks(*forged)[0] == 401 and asks("-u", "alice:wrong")[0] == 401
    assert asks(*shown, *forged)[1]["name"] == "root@local"
    assert asks("-H", "Authorization: Bearer nst_x", *forged)[1]["code"] == "unauthenticated"
    # Where nobody logs in nobody is named, by whatever path.
    for path in ("/git/none.git/info/refs?service=git-upload-pack", f"/git/..%2f{API}/GetMe", f"/api/webhook/..%2f..%2f{API}/GetMe"):
        assert asks("-u", "alice:wrong", *forged, "-G", path=path)[0] in (401, 404), path
    assert asks("-H", "X-Gitea-Event: ping", path="/api/webhook/gitea")[0] == 200
    tree = WorkTree(site, "through-a-proxy", address, settings=["http.sslVerify=false"])
    tree.commit({"a": os.urandom(2 << 20)})
    done = tree.push(token("ADMIN"), "+HEAD:main")
    assert done.returncode == 0, done.stderr
    status, made = asks(*front, path=f"/{TOKENS}/CreateToken", body=json.dumps({"name": "laptop", "scope": "TOKEN_SCOPE_ADMIN"}))
    assert status == 200, made
    assert asks("-H", f"Authorization: Bearer {made['text']}")[1]["name"] == "alice"
