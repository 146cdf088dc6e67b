"""Clients that are not ours, against the API as users have it: gRPC's library for Python, and `buf curl` in three protocols."""
import base64
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.machine import ROOT
from harness.repo import app_files
from harness.wait import until

API, PLATFORM = "neoshowcase.protobuf.APIService", "neoshowcase.platform.v1.PlatformService"
HERE = os.path.dirname(os.path.abspath(__file__))


def tool(name):
    tools = os.environ.get("NS_TOOLS", os.path.expanduser("~/.cache/neoshowcase/tools"))
    folders = sorted(folder for folder in os.listdir(tools) if folder.startswith("clients-"))
    if not folders:
        pytest.skip(f"no clients in {tools}; ./run test fetches them")
    return os.path.join(tools, folders[-1], "bin", name)


@pytest.fixture(scope="module")
def descriptors(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("clients") / "api.binpb")
    protos = os.path.join(ROOT, "core", "proto")
    subprocess.run(["protoc", "-I", protos, "--include_imports", "--descriptor_set_out", path,
                    "neoshowcase/protobuf/api.proto", "neoshowcase/platform/v1/platform.proto"], check=True, cwd=protos)
    return path


@pytest.fixture
def by_grpc(site, descriptors):
    """Its answers; a failure is raised, with what came before it in `call.last`."""
    def call(method, service=API, seconds=120, **message):
        done = subprocess.run([tool("python3"), os.path.join(HERE, "clients", "grpc_call.py"), f"unix:{site.root}/run/api.sock",
                               descriptors, f"{service}/{method}", json.dumps(message), str(seconds)],
                              capture_output=True, text=True, timeout=180)
        call.last = done.stdout
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return [json.loads(line) for line in done.stdout.splitlines()]
    return call


@pytest.fixture
def by_buf(site, descriptors):
    def call(protocol, method, version=(), service=API, **message):
        done = subprocess.run([tool("buf"), "curl", "--schema", descriptors, "--protocol", protocol, *version, "--unix-socket",
                               f"{site.root}/run/api.sock", "-d", json.dumps(message), f"http://localhost/{service}/{method}"],
                              capture_output=True, text=True, timeout=180)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        decoder, text, found = json.JSONDecoder(), done.stdout.strip(), []
        while text:
            one, end = decoder.raw_decode(text)
            found.append(one)
            text = text[end:].strip()
        return found
    return call


H2 = ("--http2-prior-knowledge",)


def test_grpc_python_calls_and_hears_why_not(site, by_grpc):
    me = by_grpc("GetMe")
    assert me[0]["name"] == site.api.GetMe()["name"]
    with pytest.raises(RuntimeError, match="NOT_FOUND: .*application"):
        by_grpc("GetApplication", id="0" * 22)
    with pytest.raises(RuntimeError, match="INVALID_ARGUMENT"):
        by_grpc("GetApplication", id="no id")


@pytest.mark.parametrize("protocol,version", [("connect", ()), ("connect", H2), ("grpc", H2), ("grpcweb", ()), ("grpcweb", H2)])
def test_buf_curl_calls_and_hears_why_not(site, by_buf, protocol, version):
    assert by_buf(protocol, "GetMe", version)[0]["name"] == site.api.GetMe()["name"]
    with pytest.raises(RuntimeError, match="not_found"):
        by_buf(protocol, "GetApplication", version, id="0" * 22)


def test_log_of_a_build_is_followed_while_it_grows(site, testapp, descriptors, by_grpc, by_buf):
    """By clients that begin before there is all of it: each line once, as it comes, and the end with the build."""
    repo = site.repo("clients-log")
    files = app_files(testapp, 1)
    del files["Dockerfile"]
    repo.push(files)
    app = site.app_of(repo, "clients-log", config={"runtimeCmd": {
        "baseImage": "nsbase:1", "buildCmd": "for i in 1 2 3 4 5 6 7 8; do echo line-$i-of-8; sleep 1; done; cp version mode /",
        "runtimeConfig": {"command": "/srv/testapp"}}})
    build = until(lambda: [b for b in app.builds() if b["status"] == "BUILDING"], 60, "a build under way")[0]["id"]
    with ThreadPoolExecutor() as pool:
        by_python = pool.submit(by_grpc, "GetBuildLogStream", buildId=build)
        from_start = pool.submit(by_buf, "grpcweb", "FollowBuildLog", service=PLATFORM, buildId=build)
        pieces, followed = by_python.result(), from_start.result()
    whole = app.log(build)
    assert "line-8-of-8" in whole, whole
    assert len(pieces) > 2, "it came piece by piece"
    assert b"".join(base64.b64decode(piece["log"]) for piece in pieces).decode() == whole
    assert followed[-1]["finished"] and int(followed[-1]["nextOffset"]) == len(whole.encode())
    half = int(followed[len(followed) // 2]["nextOffset"])
    rest = by_buf("connect", "FollowBuildLog", service=PLATFORM, buildId=build, offset=half)
    assert b"".join(base64.b64decode(piece.get("data", "")) for piece in rest) == whole.encode()[half:]


def test_output_is_followed_while_it_is_printed(site, testapp, by_grpc):
    app = site.app("clients-output", testapp, version=1)
    app.wait_version(1)
    with pytest.raises(RuntimeError, match="DEADLINE_EXCEEDED"):
        by_grpc("GetOutputStream", seconds=5, applicationId=app.id, begin="2000-01-01T00:00:00Z")
    assert any("testapp 1" in json.loads(line)["log"] for line in by_grpc.last.splitlines()), by_grpc.last


PRINTER = "sleep 5; rest=$(printf %0{width}d 0); i=0; while [ $i -lt {lines} ]; do echo line-$i $rest; i=$((i+1)); done; sleep 1000"


@pytest.mark.parametrize("lines,width", [(12_000, 10), (2_500, 2_000)])
def test_output_of_more_than_an_answer_holds_is_followed_from_its_beginning(site, by_grpc, lines, width):
    """More lines than one answer of a host has, and more bytes than one message of gRPC: by who is there before they are printed, and
    by who comes afterwards."""
    name = f"clients-output-{lines}"
    repo = site.repo(name)
    repo.push({"README": "nothing to build\n"})
    app = site.app_of(repo, name, websites=[], config={"runtimeCmd": {
        "baseImage": "nsbase:1", "runtimeConfig": {"command": f"sh -c '{PRINTER.format(width=width, lines=lines)}'"}}})
    until(lambda: app.get()["container"] == "RUNNING", 60, site.logs_tail)
    expected = [f"line-{i} {'0' * width}" for i in range(lines)]
    for who in ("before", "afterwards"):
        with pytest.raises(RuntimeError, match="DEADLINE_EXCEEDED"):
            by_grpc("GetOutputStream", seconds=20, applicationId=app.id, begin="2000-01-01T00:00:00Z")
        told = [json.loads(line)["log"] for line in by_grpc.last.splitlines()]
        assert told == expected, f"{who}: {len(told)} of {lines} lines, from {told[:1]} to {told[-1:]}"
    shown = site.ns_raw("logs", app.id, "--since", "1h", check=True).stdout.splitlines()
    assert shown == expected, f"{len(shown)} of {lines} lines, from {shown[:1]} to {shown[-1:]}"
