"""Who calls, over the real gateway on TCP: API tokens, their scopes and their end; keys of users."""
import http.client
import json

import pytest

API, TOKENS = "neoshowcase.protobuf.APIService", "neoshowcase.platform.v1.TokenService"
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
