"""What `./run test` says of tests that did not run: they are named with their reason, and fail it unless that was asked for."""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSED = '<testcase name="one" status="run"/>'
SCRIPT = ('<testcase name="suite" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>'
          "<system-out>LEFT OUT: no suite in /tools\n</system-out></testcase>")
UNIT = ('<testcase name="unit" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>'
        "<system-out>[ RUN      ] A.B\na_test.cc:35: Skipped\ngit-lfs is not fetched\n\n[  SKIPPED ] A.B (0 ms)\n</system-out></testcase>")
PYTEST = '<testcase name="web"><skipped type="pytest.skip" message="no clients for the web">conftest.py:3</skipped></testcase>'
ELSEWHERE = ('<testcase name="old" status="notrun"><skipped message="x"/>'
             "<system-out>a_test.cc:9: Skipped\nNOT ON THIS MACHINE: cgroups of version 2\n</system-out></testcase>")


def ended(program, *arguments, **environment):
    clean = {key: value for key, value in os.environ.items() if key not in ("NS_ALLOW_LEFT_OUT", "NS_TOOLS", "CI")}
    done = subprocess.run([*program, *arguments], env={**clean, **environment}, capture_output=True, text=True)
    return done.returncode, done.stdout


def summary(*cases, **environment):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(f"<testsuite>{''.join(cases)}</testsuite>")
        file.flush()
        code, said = ended([sys.executable, os.path.join(ROOT, "run.d", "summary.py")], file.name, **environment)
    return code, said.splitlines()


class Summary(unittest.TestCase):
    def test_all_ran(self):
        self.assertEqual(summary(PASSED), (0, ["1 passed, 0 failed"]))

    def test_left_out_fails_and_tells_why(self):
        closing = "1 passed, 0 failed, 3 left out, which is a failure unless NS_ALLOW_LEFT_OUT=1 is set"
        self.assertEqual(summary(PASSED, SCRIPT, UNIT, PYTEST), (1, [
            "LEFT OUT suite: no suite in /tools", "LEFT OUT unit: git-lfs is not fetched", "LEFT OUT web: no clients for the web", closing]))

    def test_left_out_may_be_allowed(self):
        code, said = summary(PASSED, PYTEST, NS_ALLOW_LEFT_OUT="1")
        self.assertEqual((code, said[-1]), (0, "1 passed, 0 failed, 1 left out"))

    def test_failed_is_never_allowed(self):
        self.assertEqual(summary(PASSED, '<testcase name="bad" status="fail"/>', NS_ALLOW_LEFT_OUT="1")[0], 1)

    def test_nothing_to_do_here_is_no_failure(self):
        self.assertEqual(summary(PASSED, ELSEWHERE), (0, ["old: NOT ON THIS MACHINE: cgroups of version 2", "1 passed, 0 failed"]))

    def test_nothing_ran(self):
        self.assertEqual(summary(SCRIPT, NS_ALLOW_LEFT_OUT="1")[0], 1)


class Scripts(unittest.TestCase):
    """Each ends with 77 and a word where its programs are not fetched."""

    def test_no_tools(self):
        with tempfile.TemporaryDirectory() as empty:
            for script in ("tests/conformance/run.sh", "tests/buildpacks/make_builder.sh"):
                code, said = ended([os.path.join(ROOT, script)], "a", "b", NS_TOOLS=empty)
                self.assertEqual((code, said[:10]), (77, "LEFT OUT: "), script)


if __name__ == "__main__":
    unittest.main()
