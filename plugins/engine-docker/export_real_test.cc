// Folders of images on a real Docker daemon, as the build methods of static sites plan them.
#include <thread>

#include "build-static-cmd/static_plan.h"
#include "build-static-dockerfile/static_plan.h"
#include "real_world.h"

namespace ns::engine_docker {
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

class EngineExport : public EngineDocker {
 protected:
  EngineExport() {
    take_ = [this](std::string_view piece) { tar_ += piece; };
    const ns_sink sink{this, [](void* self, ns_bytes bytes) noexcept {
                         auto& test = *static_cast<EngineExport*>(self);
                         test.take_(sdk::View(bytes));
                         return test.answer_;
                       }};
    job_.artifact.emplace(sink);
  }

  // A site by commands: `script` runs in /srv, where the files of the source are.
  void Commands(const std::string& script, const std::string& artifact_path) {
    std::string quoted;
    for (const char c : script) quoted += c == '\n' ? "\\n" : c == '"' ? "\\\"" : std::string(1, c);
    sdk::BuildRequest request;
    request.source = job_.source;
    request.artifact_path = artifact_path;
    request.settings =
        R"({"base_image":")" + Environment("NS_TEST_BASE") + R"(","build_cmd":")" + quoted + "\"}";
    job_.plan = build_static_cmd::PlanStatic(request);
  }
  // A site by Dockerfile.
  void SiteDockerfile(const std::string& rest, const std::string& artifact_path) {
    Dockerfile(rest);
    sdk::BuildRequest request;
    request.source = job_.source;
    request.artifact_path = artifact_path;
    job_.plan = build_static_dockerfile::PlanStatic(request);
  }

  // A folder of the job's image, without a build.
  Outcome Give(const std::string& path) {
    Outcome outcome;
    job_.plan.export_path = path;
    try {
      outcome.result = Export("/var/run/docker.sock")
                           .Give(sdk::Call(), kInstallation, job_, Clock::now() + seconds(60));
    } catch (const sdk::Error& error) {
      outcome.reason = error.reason();
      outcome.message = error.message();
      outcome.fault = error.fault();
    }
    return outcome;
  }

  // What tar makes of the archive: a line a thing, sorted.
  std::string Listing() const {
    std::ofstream(root_ / "tar", std::ios::binary) << tar_;
    return Shell("tar -tf " + (root_ / "tar").string() + " | LC_ALL=C sort");
  }
  std::string Content(const std::string& name) const {
    return Shell("tar -xOf " + (root_ / "tar").string() + " " + name);
  }
  std::string ContainersLeft() const {
    return Shell("/usr/bin/docker ps -aq --filter name=nsexport-" + job_.build);
  }
  void ExpectNothingLeft() const {
    EXPECT_EQ(ContainersLeft(), "");
    EXPECT_EQ(ImagesLeft(), "");
    EXPECT_TRUE(WorkFolderEmpty());
  }

  std::string tar_;
  std::function<void(std::string_view)> take_;
  ns_status answer_ = NS_OK;
};

TEST_F(EngineExport, SiteByCommands_IsGivenAndNothingIsPushedOrLeft) {
  File("page", "<h1>hi</h1>\n");
  Commands(
      "mkdir -p dist/a\ncat page > dist/index.html\nln -s /etc/passwd dist/link\n"
      "echo deep > dist/a/deep",
      "dist");
  DockerEngine engine = Engine();
  EXPECT_TRUE(engine.Abilities().exports);
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(outcome.result.kind, sdk::ResultKind::kArtifact);
  EXPECT_EQ(outcome.result.digest, "");
  EXPECT_EQ(outcome.result.size, static_cast<int64_t>(tar_.size()));
  EXPECT_EQ(Listing(), "./\n./a/\n./a/deep\n./index.html\n./link\n");
  EXPECT_EQ(Content("./index.html"), "<h1>hi</h1>\n");
  EXPECT_THAT(Shell("tar -tvf " + (root_ / "tar").string()), HasSubstr("./link -> /etc/passwd"));
  EXPECT_THAT(Log(), HasSubstr("#export /srv/dist\n"));
  EXPECT_THAT(Log(), Not(HasSubstr("#push")));
  EXPECT_THAT(Shell("curl -s http://" + Environment("NS_TEST_REGISTRY") + "/v2/apps/" + job_.app +
                    "/tags/list"),
              HasSubstr("NAME_UNKNOWN"));
  ExpectNothingLeft();
}

TEST_F(EngineExport, RepositoryAsItIs_NeedsNoBaseImage) {
  File("index.html", "plain\n");
  sdk::BuildRequest request;
  request.artifact_path = ".";
  job_.plan = build_static_cmd::PlanStatic(request);
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(Listing(), "./\n./index.html\n");
  ExpectNothingLeft();
}

TEST_F(EngineExport, SiteByDockerfile_IsThatPathOfTheImageAndNothingOfItRuns) {
  File("page", "page\n");
  SiteDockerfile(
      "COPY page /usr/share/html/index.html\nVOLUME /usr/share/html\n"
      "ENTRYPOINT [\"/bin/sh\", \"-c\", \"echo ran > /usr/share/html/ran\"]\n",
      "/usr/share/html");
  DockerEngine engine = Engine();
  const std::string volumes = Shell("/usr/bin/docker volume ls -q | wc -l");
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(Listing(), "./\n./index.html\n");
  EXPECT_EQ(Content("./index.html"), "page\n");
  EXPECT_EQ(Shell("/usr/bin/docker volume ls -q | wc -l"), volumes);
  ExpectNothingLeft();
}

TEST_F(EngineExport, PathThatIsNotThere_FailsTheBuildAndLeavesNothing) {
  Commands("mkdir dost", "dist");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_ARTIFACT_MISSING) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("\"/srv/dist\" is not in the image"));
  ExpectNothingLeft();
}

// Of one image, without a build for each.
TEST_F(EngineExport, PathsThatCannotBeGiven_AreTheSourcesFaultAndNamed) {
  struct Case {
    const char *path, *reason, *words;
  };
  Dockerfile(
      "WORKDIR /srv\nRUN mkdir -p build/out deep && echo x > build/out/x && echo file > file && "
      "ln -s build/out good && ln -s /etc away && ln -s ../../../../etc climb && ln -s .. deep/up "
      "&& ln -s nowhere dangling && ln -s two one && ln -s one two && ln -s /srv/build /top\n");
  job_.plan.dockerfile_path = "Dockerfile";
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "") << Log();
  for (const Case& one : {
           Case{"/srv/build/in/x", NS_REASON_ARTIFACT_MISSING, "there is no \"/srv/build/in\""},
           Case{"/srv/dangling", NS_REASON_ARTIFACT_MISSING, "there is no \"/srv/nowhere\""},
           Case{"/srv/one", NS_REASON_ARTIFACT_MISSING, "there is no \"/srv/one\""},
           Case{"/srv/file", NS_REASON_ARTIFACT_NO_FOLDER, "\"/srv/file\" is none"},
           Case{"/srv/file/x", NS_REASON_ARTIFACT_NO_FOLDER, "\"/srv/file\" is none"},
           Case{"/srv/away", NS_REASON_PATH_OUTSIDE_SOURCE,
                "\"/srv/away\" is a link to \"/etc\", which is not below \"/srv\""},
           Case{"/srv/climb", NS_REASON_PATH_OUTSIDE_SOURCE, "is a link to \"/etc\""},
           Case{"/srv/away/deeper", NS_REASON_PATH_OUTSIDE_SOURCE, "is a link to \"/etc\""},
           Case{"/srv/deep/up/build", NS_REASON_PATH_OUTSIDE_SOURCE, "is a link to \"/srv\""},
       }) {
    const Outcome outcome = Give(one.path);
    EXPECT_EQ(outcome.reason, one.reason) << one.path << ": " << outcome.message;
    EXPECT_EQ(outcome.fault, sdk::Fault::kSource) << one.path;
    EXPECT_THAT(outcome.message, HasSubstr(one.words));
    EXPECT_EQ(tar_, "") << one.path;
    EXPECT_EQ(ContainersLeft(), "");
  }
  for (const char* path : {"/srv/good", "/top/out"}) {
    tar_.clear();
    EXPECT_EQ(Give(path).message, "") << path;
    EXPECT_EQ(Listing(), "./\n./x\n") << path;
  }
}

TEST_F(EngineExport, PlanOfAMethodThatIsWrong_IsItsDefect) {
  DockerEngine engine = Engine();
  for (const char* path : {"srv/dist", "/srv/../etc", "/srv/./dist", "/srv//dist"}) {
    job_.plan.export_path = path;
    EXPECT_EQ(Run(engine).reason, NS_REASON_DEFECT) << path;
  }
  job_.plan.export_path = "/srv/dist";
  job_.artifact.reset();
  EXPECT_EQ(Run(engine).reason, NS_REASON_DEFECT);
  EXPECT_EQ(Log(), "");
}

TEST_F(EngineExport, CommandThatFails_GivesNothing) {
  Commands("echo before-$((40+2))\nexit 7", "dist");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("exit code: 7"));
  EXPECT_THAT(outcome.message, HasSubstr("before-42"));
  EXPECT_THAT(Log(), HasSubstr("before-42"));
  EXPECT_EQ(tar_, "");
  ExpectNothingLeft();
}

TEST_F(EngineExport, BigFolder_IsStreamedInBoundedMemory) {
  Commands("mkdir dist\ndd if=/dev/zero of=dist/big bs=1M count=100", "dist");
  size_t bytes = 0, longest = 0;
  take_ = [&](std::string_view piece) {
    bytes += piece.size();
    longest = std::max(longest, piece.size());
  };
  DockerEngine engine = Engine();
  ResetMemoryPeak();
  const int64_t before = MemoryPeak();
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_GT(bytes, 100u << 20);
  EXPECT_EQ(outcome.result.size, static_cast<int64_t>(bytes));
  EXPECT_LE(longest, 1u << 20);
  EXPECT_LT(MemoryPeak() - before, 16 << 10);
  ExpectNothingLeft();
}

TEST_F(EngineExport, ReceiverThatRefuses_EndsItAtOnce) {
  Commands("mkdir dist\ndd if=/dev/zero of=dist/big bs=1M count=4", "dist");
  size_t pieces = 0;
  take_ = [&](std::string_view) { ++pieces; };
  answer_ = NS_E_EXHAUSTED;
  DockerEngine engine = Engine();
  EXPECT_EQ(Run(engine).message, sdk::Stopped(answer_).message()) << Log();
  EXPECT_EQ(pieces, 1u);
  ExpectNothingLeft();
}

TEST_F(EngineExport, CancelledMeanwhile_EndsAndLeavesNothing) {
  Commands("mkdir dist\ndd if=/dev/zero of=dist/big bs=1M count=4", "dist");
  Cancellable cancel;
  std::atomic<bool> begun = false;
  take_ = [&](std::string_view) {
    begun = true;
    Until([&] { return cancel.call().Cancelled(); });
  };
  DockerEngine engine = Engine();
  auto running = std::async(std::launch::async, [&] { return Run(engine, cancel.call()); });
  ASSERT_TRUE(Until([&] { return begun.load(); })) << Log();
  EXPECT_NE(ContainersLeft(), "");
  const auto began = Clock::now();
  cancel.Cancel();
  EXPECT_EQ(running.get().reason, NS_REASON_CANCELLED);
  EXPECT_LT(Clock::now() - began, seconds(5));
  ExpectNothingLeft();
}

TEST_F(EngineExport, TooSlowReceiver_MeetsTheTimeLimitOfTheBuild) {
  Commands("mkdir dist\ndd if=/dev/zero of=dist/big bs=1M count=4", "dist");
  DockerEngine engine = Engine(R"({"timeout":"3s"})");
  const auto began = Clock::now();
  take_ = [&](std::string_view) {
    Until([&] { return Clock::now() - began > std::chrono::milliseconds(3300); });
  };
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_TIMED_OUT) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  ExpectNothingLeft();
}

TEST_F(EngineExport, DeadBuildersExport_IsFoundAndEndedByAbort) {
  Commands("mkdir dist\ndd if=/dev/zero of=dist/big bs=1M count=4", "dist");
  const pid_t builder = ::fork();
  if (builder == 0) {
    take_ = [](std::string_view) { ::pause(); };
    DockerEngine engine = Engine();
    Run(engine);
    ::_exit(0);
  }
  ASSERT_TRUE(Until([&] { return !ContainersLeft().empty(); }));
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
  EXPECT_NE(ContainersLeft(), "");
  DockerEngine engine = Engine();
  engine.Abort(sdk::Call(), job_.build + "other");
  EXPECT_NE(ContainersLeft(), "") << "of another build";
  engine.Abort(sdk::Call(), job_.build);
  ExpectNothingLeft();
}

// A container that runs bears the labels of its image, the build's id among them.
TEST_F(EngineExport, Abort_LeavesContainersOfTheImageThatRun) {
  Dockerfile("CMD [\"sleep\", \"60\"]\n");
  job_.plan.dockerfile_path = "Dockerfile";
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "") << Log();
  const std::string id =
      Shell("/usr/bin/docker create --name nsapp-" + job_.build + " " + job_.reference);
  engine.Abort(sdk::Call(), job_.build);
  EXPECT_EQ(Shell("/usr/bin/docker ps -aq --no-trunc --filter name=nsapp-" + job_.build), id);
  Shell("/usr/bin/docker rm -f nsapp-" + job_.build);
}

TEST_F(EngineExport, ContainerOfAnExport_IsNoneOfTheApplication) {
  Commands("mkdir dist\necho x > dist/x", "dist");
  std::string seen = "not asked";
  take_ = [&](std::string_view) {
    seen =
        Shell("/usr/bin/docker ps -aq --filter label=neoshowcase.installation=" + kInstallation) +
        Shell("/usr/bin/docker ps -aq --filter label=neoshowcase.app=" + job_.app);
  };
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_EQ(seen, "");
}

}  // namespace
}  // namespace ns::engine_docker
