"""The checks of the house catch planted violations, and nothing else."""
import os
import tempfile
import unittest

import banned_calls
import conflicts
import include_graph
import reasons

HERE = os.path.dirname(os.path.abspath(__file__))
EDGES = """
base  :            | sodium.h spdlog/
model : base       |
plan  : base model |
store : base model | libpq-fe.h
test  :            | gtest/
heavy spdlog/ libpq-fe.h boost/beast
"""


def tree(files):
    folder = tempfile.TemporaryDirectory()
    for path, text in files.items():
        full = os.path.join(folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def graph(files, edges=EDGES):
    with tree(files) as root:
        return include_graph.check(root, edges)


def banned(files):
    with open(os.path.join(HERE, "banned.txt"), encoding="utf-8") as file, tree(files) as root:
        return banned_calls.check(root, file.read())


CLEAN = {
    "core/base/a.h": "#include <string>\n#include <sys/types.h>\n",
    "core/base/a.cc": '#include <sodium.h>\n#include <spdlog/spdlog.h>\n\n#include "base/a.h"\n',
    "core/model/m.h": '#include "base/a.h"\n',
    "core/plan/p.cc": '#include "model/m.h"\n// #include "store/s.h"\nconst char* kText = "#include <libpq-fe.h>";\n',
    "core/plan/p_test.cc": '#include <gtest/gtest.h>\n#include "plan/p.h"\n',
    "core/store/s.cc": '#include <libpq-fe.h>\n#include "model/m.h"\n',
}


class IncludeGraph(unittest.TestCase):
    def caught(self, path, text, sentence):
        found = graph({**CLEAN, path: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(sentence, found[0])

    def test_clean_tree_passes(self):
        self.assertEqual(graph(CLEAN), [])

    def test_upward_edge_is_caught(self):
        self.caught("core/plan/x.cc", '#include "store/s.h"\n', "core/plan/x.cc:1: plan may not include store")

    def test_library_of_another_folder_is_caught(self):
        self.caught("core/plan/x.cc", "#include <libpq-fe.h>\n", "plan may not include the third-party header libpq-fe.h")

    def test_heavy_header_in_header_is_caught(self):
        self.caught("core/store/x.h", "#include <libpq-fe.h>\n", "belongs in .cc files only")

    def test_private_header_may_be_heavy_and_is_for_cc_files_alone(self):
        files = {**CLEAN, "core/store/x.h": "#include <libpq-fe.h>\n", "core/store/x.cc": '#include "store/x.h"\n'}
        private = EDGES + "private core/store/x.h\n"
        self.assertEqual(graph(files, private), [])
        found = graph({**files, "core/store/y.h": '#include "store/x.h"\n'}, private)
        self.assertEqual(found, ["core/store/y.h:1: store/x.h is private to .cc files"])

    def test_test_library_outside_tests_is_caught(self):
        self.caught("core/model/x.cc", "#include <gtest/gtest.h>\n", "third-party header gtest/gtest.h")

    def test_plugin_that_includes_core_is_caught(self):
        found = graph({**CLEAN, "plugins/p/x.cc": '#include "base/a.h"\n'}, EDGES + "plugin-api : |\nplugins/p : plugin-api |\n")
        self.assertEqual(found, ["plugins/p/x.cc:1: plugins/p may not include base (base/a.h)"])

    def test_folder_without_a_line_is_caught(self):
        self.caught("core/extra/x.cc", "#include <string>\n", "no line for the folder extra")

    def test_file_cycle_is_caught(self):
        found = graph({**CLEAN, "core/model/x.h": '#include "model/y.h"\n', "core/model/y.h": '#include "model/x.h"\n'})
        self.assertEqual(len(found), 1, found)
        self.assertIn("cycle between files", found[0])

    def test_folder_cycle_is_caught_even_where_edges_allow_it(self):
        found = graph({**CLEAN, "core/base/x.cc": '#include "model/m.h"\n'}, EDGES.replace("base  :", "base  : model"))
        self.assertEqual(len(found), 1, found)
        self.assertIn("cycle between folders", found[0])


class BannedCalls(unittest.TestCase):
    PLANTED = {
        "now": "auto t = std::chrono::steady_clock::now();",
        "sleep": "std::this_thread::sleep_for(1s);",
        "random": "std::random_device device;",
        "getenv": 'const char* home = std::getenv("HOME");',
        "thread": "std::thread worker([] {});",
        "jthread": "std::jthread worker([] {});",
        "system": 'int rc = std::system("true");',
        "popen": 'FILE* f = popen("true", "r");',
        "regex": "std::regex pattern;",
        "dlopen": "void* lib = dlopen(path, 0);",
        "throwing-walk": "for (const auto& entry : fs::directory_iterator(folder, error)) Take(entry);",
        "coroutine": "co_return;",
        "plan-pure": "std::unordered_map<int, int> map;",
    }

    def test_each_rule_has_a_planted_violation(self):
        with open(os.path.join(HERE, "banned.txt"), encoding="utf-8") as file:
            self.assertEqual({rule.name for rule in banned_calls.rules(file.read())}, set(self.PLANTED))

    def test_each_planted_violation_is_caught(self):
        for name, text in self.PLANTED.items():
            with self.subTest(name):
                found = banned({"core/plan/x.cc": f"void F() {{\n  {text}\n}}\n"})
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"core/plan/x.cc:2: {name} is banned"), found)

    def test_comments_strings_and_longer_names_pass(self):
        text = ('// std::thread, popen(x)\n/* system("x") */\nconst char* k = "getenv(HOME)";\nauto r = R"x(dlopen())x";\n'
                'file_system(1); runtime(0); clock.Now(); subsystem(2); x.system(3);\n'
                'for (fs::directory_iterator at(x, error), end; !error && at != end; at.increment(error)) y();\n')
        self.assertEqual(banned({"core/plan/x.cc": text}), [])

    def test_owner_may(self):
        self.assertEqual(banned({"core/base/system_clock.cc": "auto t = std::chrono::system_clock::now();"}), [])

    def test_sources_outside_core_are_not_looked_at(self):
        self.assertEqual(banned({"plugins/p/x.cc": "std::thread t;"}), [])


class Conflicts(unittest.TestCase):
    def test_marks_of_a_merge_are_caught_in_any_text(self):
        begin, end = "<" * 7, ">" * 7
        files = {"docs/a.md": f"text\n{begin} HEAD\none\n=======\ntwo\n{end} other\n", "docs/b.md": "Title\n=======\n", "build/c": f"{begin} HEAD\n"}
        with tree(files) as root:
            found = conflicts.check(root)
        self.assertEqual([line.split(" ")[0] for line in found], ["docs/a.md:2:", "docs/a.md:6:"])


class Reasons(unittest.TestCase):
    def test_each_way_to_name_a_reason_is_caught(self):
        files = {
            "core/git/a.cc": 'return Status(Code::kUnavailable,\n              "RemoteGone", "no answer");\n',
            "core/plan/b.cc": 'return Make("Build", ok(a), "BuildLost", text);\n',
            "plugin-api/include/ns/abi/c.h": '#define NS_REASON_X "Odd"\n',
            "core/act/d.cc": 'condition.reason = "Strange";\n',
        }
        with tree(files) as root:
            self.assertEqual(len(reasons.check(root, "`Known`")), 4)
            self.assertEqual(reasons.check(root, "`RemoteGone` `BuildLost`, `Odd` | `Strange`"), [])

    def test_reasons_of_tests_need_no_row(self):
        with tree({"core/git/a_test.cc": 'Status(Code::kInternal, "Made", "up")'}) as root:
            self.assertEqual(reasons.check(root, ""), [])


if __name__ == "__main__":
    unittest.main()
