#include "child/child.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ns::child {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

ChildSpec SpecOf(const std::string& script, std::string& output) {
  ChildSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  spec.env = {"PATH=/usr/bin:/bin"};
  spec.deadline = std::chrono::steady_clock::now() + 20s;
  spec.output = [&output](std::string_view bytes) { output += bytes; };
  spec.tick = [] { return true; };
  return spec;
}

TEST(Child, Output_ComesWholeWithTheExitCode) {
  std::string output;
  const ChildResult result =
      RunChild(sdk::Call(), SpecOf("echo out; echo err >&2; exit 3", output));
  EXPECT_EQ(result.ending, Ending::kExited);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(output, "out\nerr\n");
}

// Whether a process of that group is alive; ended ones that nobody has waited for are not.
bool GroupRuns(int group) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::string stat;
    std::getline(std::ifstream(entry.path() / "stat"), stat);
    char state = 'Z';
    int parent = 0, of = 0;
    const size_t name = stat.rfind(')');
    if (name == std::string::npos ||
        std::sscanf(stat.c_str() + name + 1, " %c %d %d", &state, &parent, &of) != 3)
      continue;
    if (of == group && state != 'Z' && state != 'X') return true;
  }
  return false;
}

TEST(Child, Late_EndsTheWholeGroup) {
  std::string output;
  ChildSpec spec = SpecOf("echo $$; sleep 3333 & sleep 3333", output);
  spec.tick = [&] {
    if (!output.empty())
      spec.deadline = std::min(spec.deadline, std::chrono::steady_clock::now() + 100ms);
    return true;
  };
  EXPECT_EQ(RunChild(sdk::Call(), spec).ending, Ending::kLate);
  for (int i = 0; i < 500 && GroupRuns(std::atoi(output.c_str())); ++i) ::usleep(10'000);
  EXPECT_FALSE(GroupRuns(std::atoi(output.c_str())));
}

TEST(Child, TickThatSaysNo_EndsIt) {
  std::string output;
  ChildSpec spec =
      SpecOf("trap 'echo bye; exit' TERM; echo hi; while :; do sleep 0.05; done", output);
  spec.tick = [&output] { return output.empty(); };
  EXPECT_EQ(RunChild(sdk::Call(), spec).ending, Ending::kTicked);
  EXPECT_THAT(output, testing::AllOf(
                          testing::StartsWith("hi\n"),
                          testing::EndsWith("bye\n")));  // the shell may say "Terminated" between
}

TEST(Child, OutputThatThrows_EndsItAndIsThrownOn) {
  std::string output;
  ChildSpec spec = SpecOf("echo $$; exec sleep 3333", output);
  spec.output = [&output](std::string_view bytes) {
    output += bytes;
    throw sdk::Stopped(NS_E_CANCELLED);
  };
  EXPECT_THROW(RunChild(sdk::Call(), spec), sdk::Stopped);
  EXPECT_EQ(::kill(std::atoi(output.c_str()), 0), -1);
}

TEST(Child, MemoryFile_IsReadByTheChildAlone) {
  const MemoryFile secret("hush", ""), kept("other", "");
  std::string output;
  ChildSpec spec =
      SpecOf("cat /proc/self/fd/" + std::to_string(secret.fd()) + "; cat /proc/self/fd/" +
                 std::to_string(kept.fd()) + " 2>/dev/null || echo -none",
             output);
  spec.inherited = {secret.fd()};
  RunChild(sdk::Call(), spec);
  EXPECT_EQ(output, "hush-none\n");
}

TEST(Child, Data_GoesElsewhereAndErrorsDoNot) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::string output;
  ChildSpec spec = SpecOf("echo out; echo err >&2", output);
  spec.data = ends[1];
  EXPECT_EQ(RunChild(sdk::Call(), spec).exit_code, 0);
  EXPECT_EQ(output, "err\n");
  char buffer[16] = {};
  EXPECT_EQ(::read(ends[0], buffer, sizeof(buffer)), 4);
  EXPECT_STREQ(buffer, "out\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Child, OutputThatNobodyHasRoomFor_WaitsAndIsWholeInTheEnd) {
  std::string output;
  ChildSpec spec = SpecOf("i=0; while [ $i -lt 20000 ]; do echo line; i=$((i+1)); done", output);
  int ticks = 0;
  spec.tick = [&] { return ++ticks > 0; };
  spec.full = [&] { return ticks < 25; };
  EXPECT_EQ(RunChild(sdk::Call(), spec).exit_code, 0);
  EXPECT_GE(ticks, 25);
  EXPECT_EQ(output.size(), 20000u * 5);
}

TEST(Child, CgroupThatIsNotThere_StartsNothing) {
  std::string output;
  ChildSpec spec = SpecOf("echo ran", output);
  spec.cgroups = {"/no/such/cgroup.procs"};
  EXPECT_EQ(RunChild(sdk::Call(), spec).exit_code, 127);
  EXPECT_EQ(output, "");
}

TEST(Child, NoSuchProgram_ExitsWith127) {
  std::string output;
  ChildSpec spec = SpecOf("", output);
  spec.argv = {"/no/such/program"};
  EXPECT_EQ(RunChild(sdk::Call(), spec).exit_code, 127);
}

}  // namespace
}  // namespace ns::child
