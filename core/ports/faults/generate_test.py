"""What the generator reads out of headers, and that it refuses what it would misread."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
GOOD = """
namespace ns::ports {
class Box {  // a class, "virtual" only in words: virtual void Not() = 0;
 public:
  virtual ~Box() = default;
  /* Opens;
     closes. */
  virtual Status Open(const Call& call, const std::map<int, std::string>& what) = 0;
  virtual Result<std::vector<int>> Sizes(int64_t offset, std::function<void(int, int)> each) = 0;
  virtual Status Close(const Id& holder = kNobody, int limit = 3) = 0;
  virtual bool Full() const = 0;
  Status Shut(int limit) {
    if (limit == 0) return {};
    return Close(kNobody, limit);
  }
  virtual void Subscribe(std::function<void(const Hint&)> on_hint) = 0;
};
class Plain { int x; };
enum class Kind { kA };
struct Boxes { Box& box; };
}
"""


def generate(text):
    """(exit code, standard error, {name: text of a generated file})."""
    with tempfile.TemporaryDirectory() as folder:
        header, output = os.path.join(folder, "box.h"), os.path.join(folder, "out")
        with open(header, "w", encoding="utf-8") as file:
            file.write(text)
        run = subprocess.run([sys.executable, os.path.join(HERE, "generate.py"), output, header],
                             capture_output=True, text=True, check=False)
        made = {}
        for name in os.listdir(output) if os.path.isdir(output) else ():
            with open(os.path.join(output, name), encoding="utf-8") as file:
                made[name] = file.read()
        return run.returncode, run.stderr, made


class Generator(unittest.TestCase):
    def test_points_of_each_method_that_can_fail(self):
        code, errors, made = generate(GOOD)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(made["points.txt"].split(), [f"Box.{m}.{p}" for m in ("Open", "Sizes", "Close")
                                                      for p in ("before", "after", "lost")])

    def test_arguments_are_handed_on(self):
        made = generate(GOOD)[2]
        self.assertIn("return inner_.Open(call, what);", made["faulty.cc"])
        self.assertIn("return inner_.Sizes(std::move(offset), std::move(each));", made["faulty.cc"])
        self.assertIn("Status Close(const Id& holder, int limit) override;", made["faulty.h"])
        self.assertIn("bool FaultyBox::Full() const {\n  return inner_.Full();", made["faulty.cc"])
        self.assertIn("Boxes Ports() { return {box_}; }", made["faulty.h"])

    def test_refusals_name_the_line(self):
        for line, why in (("  virtual Status A() { return {}; }", "not understood in an interface"),
                          ("  virtual Status A();", "not understood in an interface"),
                          ("  Status helper_;", "not understood in an interface"),
                          ("  virtual Status A(const Call&) = 0;", "parameter not understood"),
                          ("  virtual Status A(int limit = 3 + f(x)) = 0;", "parameter not understood"),
                          ("  virtual Status A(std::string&& moved) = 0;", "parameter not understood"),
                          ("  virtual Status A() = 0; virtual Status A(int more) = 0;", "is overloaded"),
                          ("  virtual int A() = 0;", "cannot fail at a port"),
                          ("  Status A() const;", "not understood in an interface")):
            with self.subTest(line):
                text = "class Box {\n public:\n  virtual ~Box() = default;\n" + line + "\n};\n"
                code, errors, made = generate(text)
                self.assertEqual((code, made), (1, {}))
                self.assertIn("box.h:4: ", errors)
                self.assertIn(why, errors)

    def test_refuses_interfaces_with_bases(self):
        code, errors, _ = generate("class Box : public Other {\n public:\n  virtual Status A() = 0;\n};\n")
        self.assertEqual(code, 1)
        self.assertIn("box.h:1: the interface Box must be a class without bases", errors)

    def test_refuses_bundles_of_more_than_references(self):
        code, errors, _ = generate(GOOD + "struct More {\n  Box& box;\n  int count;\n};\n")
        self.assertEqual(code, 1)
        self.assertIn("More refers to interfaces and holds something else too", errors)


if __name__ == "__main__":
    unittest.main()
