"""Each example of the reference (docs/api/examples) is what a real installation answers: by POST, by GET where that is possible, by a stream of Connect
for streams, and by the command line where the page names it."""
import json
import os
import sys

import pytest

from harness import examples
from harness.machine import ROOT

sys.path.insert(0, os.path.join(ROOT, "run.d", "reference"))
sys.dont_write_bytecode = True
import descriptors  # noqa: E402

METHODS = {(service.name.rsplit(".", 1)[-1], method.name): (service.name, method)
           for service in descriptors.read(os.path.join(ROOT, "core", "proto")).services for method in service.methods}


@pytest.fixture(scope="module")
def values_of_module(site_of_session, testapp):
    values = examples.Values(site_of_session, testapp)
    yield values
    values.close()
    for app in values.apps:
        app.discard()


@pytest.fixture
def values(site, values_of_module):
    values_of_module.begin()
    return values_of_module


def call(site, values, step):
    """One call that an example needs before it, and what is kept of its answer."""
    service, method = METHODS[tuple(step["call"].split("/"))]
    answer = site.api.call(method.name, values.filled(step["request"]), service=service)
    for name, path in step.get("keep", {}).items():
        value = answer
        for field in path.split("."):
            value = value[field]
        values.kept[name] = value


@pytest.mark.parametrize("name", sorted("/".join(key) for key in METHODS))
def test_example(site, values, name):
    service, method = METHODS[tuple(name.split("/"))]
    with open(os.path.join(examples.FOLDER, name + ".json"), encoding="utf-8") as file:
        example = json.load(file)
    for step in example.get("before", []):
        call(site, values, step)
    request = values.filled(example["request"])
    socket = site.api.socket_path
    try:
        if method.streams:
            judge_stream(examples.by_stream(socket, service, method.name, request, len([a for a in example["answers"] if a != "..."])), example, values)
            return
        answer = site.api.call(method.name, request, service=service)
        if method.name == "CreateApplication":
            values.kept["made"] = answer.get("application", answer)["id"]
        judge(answer, example, values)
        if method.pure:
            status, body = examples.by_get(socket, service, method.name, request)
            assert status == 200, body
            judge(json.loads(body), example, values)
        if "ns" in example:
            site.ns_raw(*values.filled(example["ns"]), check=True)
    finally:
        for step in example.get("after", []):
            call(site, values, step)
        give_up(site, values)


@pytest.mark.parametrize("expected,value,where", [
    ({"a": "x"}, {"a": "y"}, "answer.a is"), ({"a": "x"}, {}, "answer has no ['a']"), ({}, {"b": 1}, "answer has ['b'] too"),
    ({"a": ["<id>"]}, {"a": ["0" * 22, "1" * 22]}, "answer.a has 2 elements"), ({"a": ["<id>"]}, {"a": ["none"]}, "answer.a[0] is"),
    ({"a": ["x", "..."]}, {"a": ["y", "z"]}, "nothing of answer.a fits"), ({"a": "<time>"}, {"a": "now"}, "answer.a is"),
    ({"a": 1}, {"a": True}, "answer.a is"), ({"a": "<amount>"}, {"a": 0}, "answer.a is"),
    ({"a": "<amount>"}, {"a": 2.5}, None), ({"a": "<bytes>"}, {"a": "?"}, "answer.a is"), ({"a": "<number>"}, {"a": "1"}, "answer.a is"),
    ({"a": "x", "...": True}, {"a": "x", "b": 2}, None), ({"a": ["x", "..."]}, {"a": ["y", "x"]}, None), ({"a": "<text|any>"}, {"a": "b"}, None)])
def test_what_differs_is_said(expected, value, where):
    found = examples.differs(expected, value, examples.Values(None, None))
    assert found is None if where is None else found.startswith(where), found


def judge(answer, example, values):
    found = examples.differs(example["answer"], answer, values)
    assert found is None, f"{found}\n{json.dumps(answer, indent=1)}"


def judge_stream(answers, example, values):
    for i, expected in enumerate(one for one in example["answers"] if one != "..."):
        found = examples.differs(expected, answers[i], values, f"answer {i}")
        assert found is None, f"{found}\n{json.dumps(answers, indent=1)}"


def give_up(site, values):
    """An application that the example made."""
    made = values.kept.get("made")
    if made and any(app["id"] == made for app in site.api.GetApplications(scope="ALL").get("applications", [])):
        site.api.StopApplication(id=made)
        site.api.DeleteApplication(id=made)
