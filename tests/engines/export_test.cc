// Folders of images, as the build methods of static sites plan them.
#include <fstream>
#include <sstream>

#include "builder_process.h"
#include "engine_test.h"

namespace ns::engines {
namespace {

using testing::HasSubstr;
using testing::Not;

// Of this process since the mark was set back, in KiB.
int64_t MemoryPeak() {
  std::stringstream text;
  text << std::ifstream("/proc/self/status").rdbuf();
  const size_t at = text.str().find("VmHWM:");
  return at == std::string::npos ? 0 : std::atoll(text.str().c_str() + at + 6);
}
void ResetMemoryPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

class Export : public EngineTest {
 protected:
  static constexpr const char* kBig = "mkdir dist\ndd if=/dev/zero of=dist/big bs=1M count=4";
};

TEST_P(Export, SiteByCommands_IsGivenAndNothingIsPushedOrLeft) {
  File("page", "<h1>hi</h1>\n");
  Commands(
      "mkdir -p dist/a\ncat page > dist/index.html\nln -s /etc/passwd dist/link\n"
      "echo deep > dist/a/deep",
      "dist");
  EXPECT_TRUE(Plugin().engine().Abilities().exports);
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(outcome.output.kind, ports::OutputKind::kArtifact);
  EXPECT_EQ(outcome.output.image.digest, "");
  EXPECT_EQ(outcome.output.artifact_bytes, static_cast<int64_t>(tar_.size()));
  EXPECT_EQ(tar_.size() % 512, 0u);
  EXPECT_EQ(tar_.substr(tar_.size() - 1024), std::string(1024, '\0'));
  EXPECT_EQ(Listing(), "./\n./a/\n./a/deep\n./index.html\n./link\n");
  EXPECT_EQ(Content("./index.html"), "<h1>hi</h1>\n");
  EXPECT_THAT(Shell("tar -tvf " + (root_ / "tar").string()), HasSubstr("./link -> /etc/passwd"));
  EXPECT_THAT(Log(), HasSubstr("#export /srv/dist\n"));
  EXPECT_THAT(Log(), Not(HasSubstr("#push")));
  EXPECT_THAT(Shell("curl -s http://" + Environment("NS_TEST_REGISTRY") + "/v2/apps/" +
                    job_.app.str() + "/tags/list"),
              HasSubstr("NAME_UNKNOWN"));
  ExpectNothingLeft();
}

TEST_P(Export, RepositoryAsItIs_NeedsNoBaseImage) {
  File("index.html", "plain\n");
  Plan("static-cmd", "{}", ".");
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(Listing(), "./\n./index.html\n");
  ExpectNothingLeft();
}

TEST_P(Export, SiteByDockerfile_IsThatPathOfTheImageAndNothingOfItRuns) {
  File("page", "page\n");
  Dockerfile(
      "COPY page /usr/share/html/index.html\nVOLUME /usr/share/html\n"
      "ENTRYPOINT [\"/bin/sh\", \"-c\", \"echo ran > /usr/share/html/ran\"]\n");
  Plan("static-dockerfile", "{}", "/usr/share/html");
  const std::string volumes = Shell("/usr/bin/docker volume ls -q | wc -l");
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(Listing(), "./\n./index.html\n");
  EXPECT_EQ(Content("./index.html"), "page\n");
  EXPECT_EQ(Shell("/usr/bin/docker volume ls -q | wc -l"), volumes);
  ExpectNothingLeft();
}

// The second is the content of a file outside of the folder, which the archive must bring itself.
TEST_P(Export, HardLinks_HaveTheirContentWhereverTheOtherNameIs) {
  Commands(
      "mkdir dist\necho inside > dist/a\nln dist/a dist/b\necho outside > /other\n"
      "ln /other dist/c\nln /other dist/d",
      "dist");
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(Listing(), "./\n./a\n./b\n./c\n./d\n");
  const fs::path out = root_ / "out";
  fs::create_directory(out);
  EXPECT_EQ(
      Shell("tar --warning=no-timestamp -C " + out.string() + " -xf " + (root_ / "tar").string()),
      "");
  EXPECT_EQ(Shell("cd " + out.string() + " && cat a b c d"), "inside\ninside\noutside\noutside\n");
}

TEST_P(Export, NamesOfAnyLengthAndLetters_AreKept) {
  const std::string name(200, 'n');
  Commands("mkdir -p dist/" + name + "\necho x > dist/" + name + "/" + name +
               "\necho y > 'dist/caf\u00e9 \u2603.html'",
           "dist");
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  Listing();
  EXPECT_EQ(Shell("LC_ALL=C.UTF-8 tar --quoting-style=literal -tf " + (root_ / "tar").string() +
                  " | LC_ALL=C sort"),
            "./\n./caf\u00e9 \u2603.html\n./" + name + "/\n./" + name + "/" + name + "\n");
}

TEST_P(Export, PathThatIsNotThere_FailsTheBuildAndLeavesNothing) {
  Commands("mkdir dost", "dist");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "ArtifactMissing") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("\"/srv/dist\" is not in the image"));
  EXPECT_EQ(tar_, "");
  ExpectNothingLeft();
}

// Of one image, which is in the cache after the first.
TEST_P(Export, PathsThatCannotBeGiven_AreTheSourcesFaultAndNamed) {
  struct Case {
    const char *path, *reason, *words;
  };
  Dockerfile(
      "WORKDIR /srv\nRUN mkdir -p build/out deep && echo x > build/out/x && echo file > file && "
      "ln -s build/out good && ln -s /etc away && ln -s ../../../../etc climb && ln -s .. deep/up "
      "&& ln -s nowhere dangling && ln -s two one && ln -s one two && ln -s /srv/build /top\n");
  for (const Case& one : {
           Case{"/srv/build/in/x", "ArtifactMissing", "there is no \"/srv/build/in\""},
           Case{"/srv/dangling", "ArtifactMissing", "there is no \"/srv/nowhere\""},
           Case{"/srv/one", "ArtifactMissing", "there is no \"/srv/one\""},
           Case{"/srv/file", "ArtifactNotAFolder", "\"/srv/file\" is none"},
           Case{"/srv/file/x", "ArtifactNotAFolder", "\"/srv/file\" is none"},
           Case{"/srv/away", "PathOutsideSource",
                "\"/srv/away\" is a link to \"/etc\", which is not below \"/srv\""},
           Case{"/srv/climb", "PathOutsideSource", "is a link to \"/etc\""},
           Case{"/srv/away/deeper", "PathOutsideSource", "is a link to \"/etc\""},
           Case{"/srv/deep/up/build", "PathOutsideSource", "is a link to \"/srv\""},
       }) {
    job_.plan.export_path = one.path;
    TakeExport();
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, one.reason) << one.path << ": " << outcome.message;
    EXPECT_EQ(outcome.fault, Fault::kSource) << one.path;
    EXPECT_THAT(outcome.message, HasSubstr(one.words));
    EXPECT_EQ(tar_, "") << one.path;
  }
  for (const char* path : {"/srv/good", "/top/out"}) {
    job_.plan.export_path = path;
    TakeExport();
    EXPECT_EQ(Run().message, "") << path;
    EXPECT_EQ(Listing(), "./\n./x\n") << path;
  }
  ExpectNothingLeft();
}

TEST_P(Export, PlanOfAMethodThatIsWrong_IsItsDefect) {
  Dockerfile("");
  for (const char* path : {"srv/dist", "/srv/../etc", "/srv/./dist", "/srv//dist"}) {
    job_.plan.export_path = path;
    TakeExport();
    EXPECT_EQ(Run().reason, "Defect") << path;
  }
  EXPECT_EQ(Log(), "");
}

TEST_P(Export, CommandThatFails_GivesNothing) {
  Commands("echo before-$((40+2))\nexit 7", "dist");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message;
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("exit code: 7"));
  EXPECT_THAT(outcome.message, HasSubstr("before-42"));
  EXPECT_THAT(Log(), HasSubstr("before-42"));
  EXPECT_EQ(tar_, "");
  ExpectNothingLeft();
}

TEST_P(Export, AHundredMegabytes_PassThroughWithoutBeingHeld) {
  Commands("mkdir dist\ndd if=/dev/zero of=dist/big bs=1M count=100", "dist");
  Configure(R"({"memory":"600M","timeout":"60s"})");
  size_t bytes = 0, longest = 0;
  take_ = [&](std::string_view piece) {
    bytes += piece.size();
    longest = std::max(longest, piece.size());
  };
  Plugin();
  ResetMemoryPeak();
  const int64_t before = MemoryPeak();
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_GT(bytes, 100u << 20);
  EXPECT_EQ(outcome.output.artifact_bytes, static_cast<int64_t>(bytes));
  EXPECT_LE(longest, 1u << 20);
  EXPECT_LT(MemoryPeak() - before, 16 << 10);
  ExpectNothingLeft();
}

TEST_P(Export, ReceiverThatRefuses_EndsItAtOnce) {
  Commands(kBig, "dist");
  size_t pieces = 0;
  take_ = [&](std::string_view) { ++pieces; };
  answer_ = Status(Code::kExhausted, "DiskFull", "no room for it");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "DiskFull") << outcome.message << Log();
  EXPECT_EQ(pieces, 1u);
  ExpectNothingLeft();
}

TEST_P(Export, CancelledMeanwhile_EndsAndLeavesNothing) {
  Commands(kBig, "dist");
  std::stop_source cancel;
  std::atomic<bool> begun = false;
  take_ = [&](std::string_view) {
    begun = true;
    Until([&] { return cancel.stop_requested(); });
  };
  Plugin();
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  ASSERT_TRUE(Until([&] { return begun.load(); })) << Log();
  const auto began = SteadyClock::now();
  cancel.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled");
  EXPECT_LT(SteadyClock::now() - began, seconds(5));
  ExpectNothingLeft();
}

TEST_P(Export, TooSlowReceiver_MeetsTheTimeLimitOfTheBuild) {
  Commands(kBig, "dist");
  Configure(R"({"timeout":"4s"})");
  const auto began = SteadyClock::now();
  take_ = [&](std::string_view) {
    Until([&] { return SteadyClock::now() - began > std::chrono::milliseconds(6000); });
  };
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "TimedOut") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  ExpectNothingLeft();
}

TEST_P(Export, OfADeadBuilder_IsFoundAndEndedByAbort) {
  Commands(kBig, "dist");
  const std::string begun = ExportBegun(job_.build.str());
  RunInAKilledBuilder([&] { return fs::exists(begun); });
  fs::remove(begun);
  EXPECT_TRUE(Abort(job_.build.str() + "other").ok());
  EXPECT_TRUE(Abort(job_.build.str()).ok());
  ExpectNothingLeft();
}

NS_ON_EVERY_ENGINE(Export);

}  // namespace
}  // namespace ns::engines
