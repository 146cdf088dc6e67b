"""The check of the reference of the API catches what is missing, and pages that are behind; comments are read as they stand."""
import contextlib
import importlib.util
import io
import json
import os
import shutil
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, "run.d", "reference")
sys.path.insert(0, TOOL)

import descriptors  # noqa: E402
import examples  # noqa: E402
import pages  # noqa: E402

SPEC = importlib.util.spec_from_file_location("reference_tool", os.path.join(TOOL, "__main__.py"))
tool = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tool)

PROTO = """syntax = "proto3";
package neoshowcase.platform.v1;
import "neoshowcase/policy/v1/policy.proto";
// Of the test.
service ToyService {
  // Turns it round,
  // or not.
  // `not_found`: there is none,
  // or no more.
  // `aborted`: somebody was faster.
  rpc Turn(TurnRequest) returns (TurnResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (neoshowcase.policy.v1.policy) = {action: OWN object: BUILD id: "toy_id"};
  }
}
message TurnRequest {
  string toy_id = 1;  // which, as "caf\303\251" | or not
  optional int32 times = 2;
  oneof way { bool left = 3; bool right = 4; }
}
// What came of it.
message TurnResponse {
  enum Side {
    UP = 0;    // it lies
    DOWN = 1;
  }
  repeated Side sides = 1;
}
"""
EXAMPLE = {"request": {"toyId": "<build>"}, "answer": {"sides": ["DOWN", "..."]}}


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)


def run_tool(root, *arguments):
    """Its exit code, and what it said."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = tool.main([root, *arguments])
    return code, said.getvalue().strip()


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.complete = tempfile.TemporaryDirectory()
        cls.at = os.path.join(cls.complete.name, "tree")
        write(cls.at, "core/proto/neoshowcase/platform/v1/toy.proto", PROTO)
        with open(os.path.join(ROOT, "core/proto/neoshowcase/policy/v1/policy.proto"), encoding="utf-8") as file:
            write(cls.at, "core/proto/neoshowcase/policy/v1/policy.proto", file.read())
        write(cls.at, "docs/api/examples/ToyService/Turn.json", json.dumps(EXAMPLE))
        assert run_tool(cls.at) == (0, "1 methods, each with a comment and an example")

    @classmethod
    def tearDownClass(cls):
        cls.complete.cleanup()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = shutil.copytree(type(self).at, os.path.join(self.folder.name, "tree"))

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        write(self.at, path, text)

    def run_tool(self, *arguments):
        return run_tool(self.at, *arguments)

    def finds(self, sentence):
        code, said = self.run_tool("--check")
        self.assertEqual(code, 1, said)
        self.assertIn(sentence, said)

    def test_what_is_complete_passes(self):
        self.assertEqual(self.run_tool("--check")[0], 0)

    def test_method_without_comment_is_caught(self):
        self.write("core/proto/neoshowcase/platform/v1/toy.proto", PROTO.replace("  // Turns it round,\n  // or not.\n", ""))
        self.run_tool()
        self.finds("neoshowcase.platform.v1.ToyService/Turn has no comment")

    def test_method_without_example_is_caught(self):
        self.write("docs/api/examples/ToyService/Turn.json", "{}")
        self.finds("Turn.json: needs request and answer")
        os.remove(os.path.join(self.at, "docs/api/examples/ToyService/Turn.json"))
        self.finds("docs/api/examples/ToyService/Turn.json: the method has no example")

    def test_example_that_cannot_fail_is_caught(self):
        self.write("docs/api/examples/ToyService/Turn.json", json.dumps({**EXAMPLE, "answer": {"...": True}}))
        self.finds("Turn.json: an answer of nothing but \"...\" holds for anything")

    def test_example_with_a_placeholder_that_no_page_can_show_is_caught(self):
        self.write("docs/api/examples/ToyService/Turn.json", json.dumps({**EXAMPLE, "request": {"toyId": "<build>", "left": "<yes_or_no>"}}))
        self.finds("Turn.json: <yes_or_no> is neither in SHOWN nor in IDS")

    def test_example_of_nothing_is_caught(self):
        self.write("docs/api/examples/ToyService/Gone.json", json.dumps(EXAMPLE))
        self.finds("docs/api/examples/ToyService/Gone.json: there is no such method")

    def test_page_behind_is_caught(self):
        self.write("core/proto/neoshowcase/platform/v1/toy.proto", PROTO.replace("Turns it", "Turns them"))
        self.finds("docs/api/ToyService.md is not up to date")

    def test_page_of_nothing_is_caught(self):
        self.write("docs/api/GoneService.md", "gone")
        self.finds("docs/api/GoneService.md is the page of no service")

    def test_page_says_what_the_definition_says(self):
        with open(os.path.join(self.at, "docs/api/ToyService.md"), encoding="utf-8") as file:
            page = file.read()
        for line in ("Turns it round,\nor not.\n", "| `not_found` | there is none, or no more. |", "| `aborted` | somebody was faster. |",
                     "- **Side effects**: none, so it answers GET too.", "- **Who**: owners of the application of the build that `toy_id` names",
                     "| `times` | int32 | may be absent |", "| `left` | bool | one of `way` |", "| `UP` | 0 | it lies |",
                     "| `sides` | list of [TurnResponse.Side](#turnresponseside) |", '{"sides": ["DOWN", ...]}',
                     f"""-d '{{"toyId": "{examples.sample('build')}"}}' \\"""):
            self.assertIn(line, page)

    def test_text_form_is_read_with_escapes(self):
        self.assertEqual(descriptors.parse('a: "x\\n\\303\\251\\"" b { c: 1 c: -2 [d.e] { f: TRUE } }'),
                         {"a": ['x\né"'], "b": [{"c": ["1", "-2"], "[d.e]": [{"f": ["TRUE"]}]}]})

    def test_code_without_a_colon_and_other_words_are_no_errors(self):
        self.assertEqual(pages.split("Says `not_found` where.\n`other`: text"), ("Says `not_found` where.\n`other`: text", []))

    def test_errors_within_lines_are_found(self):
        self.assertEqual(pages.split("Turns. `not_found`: it is\nnot; `aborted` (`Late`): too late, or `so`."),
                         ("Turns.", [("not_found", "it is not."), ("aborted", "too late, or `so` (`Late`).")]))


if __name__ == "__main__":
    unittest.main()
