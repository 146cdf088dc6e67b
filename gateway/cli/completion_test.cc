// What may follow on a command line, and the real shells that ask for it.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "complete.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "testing/program_run.h"
#include "testing/terminal_run.h"

namespace ns::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> After(const std::vector<std::string>& words) {
  static const CommandNode root = CommandsOfProgram();
  const auto values = [](const std::string&, const std::string& name,
                         const std::vector<std::string>& places) {
    return std::vector<Candidate>{{name + std::to_string(places.size()), ""}};
  };
  std::vector<std::string> out;
  for (const Candidate& one : Complete(root, words, values)) out.push_back(one.word);
  return out;
}

TEST(Complete, CommandsOptionsAndValues) {
  EXPECT_THAT(After({"depl"}), ElementsAre("deploy"));
  EXPECT_THAT(After({"app", "st"}), ElementsAre("start", "stop"));
  EXPECT_THAT(After({"app", "stop", ""}), ElementsAre("APP0"));
  EXPECT_THAT(After({"app", "stop", "x", ""}), IsEmpty());
  EXPECT_THAT(After({"env", "unset", "x", ""}), ElementsAre("KEY1"));
  EXPECT_THAT(After({"env", "unset", "x", "A", ""}), ElementsAre("KEY2"));
  EXPECT_THAT(After({"status", "x", "--w"}), ElementsAre("--wait", "--why"));
  EXPECT_THAT(After({"status", "x", "--js"}), ElementsAre("--json"));
  EXPECT_THAT(After({"--color", ""}), ElementsAre("auto", "always", "never"));
  EXPECT_THAT(After({"--color=a"}), ElementsAre("--color=auto", "--color=always"));
  EXPECT_THAT(After({"--server", "x", "--json", "unp"}), ElementsAre("unpin"));
  EXPECT_THAT(After({"apply", "-f", ""}), ElementsAre(":files"));
  EXPECT_THAT(After({"key", "add", ""}), ElementsAre(":files"));
  for (const char* command : {"push", "watch"})
    EXPECT_THAT(After({command, "--repo", ""}), ElementsAre("REPO0")) << command;
  EXPECT_THAT(After({"token", "create", "x", "--app", ""}), ElementsAre("APP1"));
  EXPECT_THAT(After({"app", "update", "x", "--owner", ""}), ElementsAre("USER1"));
  EXPECT_THAT(After({"rollback", "x", ""}), ElementsAre("RELEASE1"));
  EXPECT_THAT(After({"completion", ""}), Contains("fish"));
  EXPECT_THAT(After({"app", "create", "--method", "static-c"}), ElementsAre("static-cmd"));
}

std::string OutputOf(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (size_t got; (got = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
    output.append(buffer, got);
  ::pclose(pipe);
  return output;
}

class ShellTest : public ProgramRun {
 protected:
  ShellTest() {
    OfferShop();
    const auto folder = std::filesystem::path(NS_PROGRAM).parent_path().string();
    ::setenv("PATH", (folder + ":/usr/local/bin:/usr/bin:/bin").c_str(), 1);
    ::setenv("NS_SERVER", server_.unix_address().c_str(), 1);
    ::setenv("HOME", home_.c_str(), 1);  // fish writes there
  }
  ~ShellTest() override {
    ::unsetenv("NS_SERVER");
    std::filesystem::remove_all(home_);
  }
  void Need(const std::string& shell) {
    ASSERT_NE(OutputOf("command -v " + shell), "")
        << shell << " is missing: ./run build installs it";
  }
  // What bash makes of the line, with the script loaded and nothing else.
  static std::string Bash(const std::string& line) {
    return OutputOf("bash --norc -c 'source <(ns completion bash); COMP_LINE=\"" + line +
                    "\"; COMP_POINT=${#COMP_LINE}; _ns; printf \"%s\\n\" \"${COMPREPLY[@]}\"'");
  }

 private:
  static std::string MakeHome() {
    std::string name = (std::filesystem::temp_directory_path() / "ns-shell-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  const std::string home_ = MakeHome();
};

TEST_F(ShellTest, Bash) {
  Need("bash");
  EXPECT_EQ(Bash("ns app st"), "start\nstop\n");
  EXPECT_EQ(Bash("ns app stop "), "shop\n");
  EXPECT_EQ(Bash("ns --color=ne"), "never\n");
  EXPECT_THAT(Bash("ns apply -f /usr/b"), HasSubstr("/usr/bin\n"));
}

TEST_F(ShellTest, ValuesAreThoseOfTheCommand) {
  Need("bash");
  platform::ListReleasesResponse releases;
  releases.add_releases()->set_id("11");
  releases.add_releases()->set_id("12"), releases.mutable_releases(1)->set_image_gone(true);
  server_.On("ListReleases", releases);
  env_.add_variables()->set_key("GREETING");
  server_.On("ListEnv", env_);
  api::GetUserKeysResponse keys;
  keys.add_keys()->set_name("laptop");
  keys.add_keys()->set_name("my phone"), keys.mutable_keys(1)->set_id("k2");
  server_.On("GetUserKeys", keys);
  platform::ListTokensResponse tokens;
  tokens.add_tokens()->set_name("ci");
  server_.On("ListTokens", tokens);
  EXPECT_EQ(Bash("ns rollback shop "), "11\n");
  EXPECT_EQ(Bash("ns rollback none "), "\n");
  EXPECT_EQ(Bash("ns env unset shop "), "GREETING\n");
  EXPECT_EQ(Bash("ns key remove "), "laptop\nk2\n");
  EXPECT_EQ(Bash("ns repo host-key set shop "), "\n") << "nobody knows them here";
  EXPECT_EQ(Bash("ns token revoke "), "ci\n");
  EXPECT_EQ(Bash("ns token list --user "), "alice\n");
  EXPECT_EQ(Bash("ns push --repo "), "shop\n");
}

TEST_F(ShellTest, Fish) {
  Need("fish");
  const auto fish = [](const std::string& line) {
    return OutputOf("fish --no-config -c 'ns completion fish | source; complete -C \"" + line +
                    "\"'");
  };
  EXPECT_THAT(fish("ns app st"), HasSubstr("start\tstart it; restart it when it runs\nstop\t"));
  EXPECT_EQ(fish("ns app stop "), "shop\n");
  EXPECT_THAT(fish("ns apply -f /usr/b"), HasSubstr("/usr/bin/"));
}

TEST_F(ShellTest, Zsh) {
  Need("zsh");
  TerminalRun zsh([] {
    ::setenv("TERM", "dumb", 1);
    ::execlp("zsh", "zsh", "-f", "-i", nullptr);
    return 127;
  });
  zsh.Type(
      "autoload -U compinit && compinit -D -u; bindkey -e; source <(ns completion zsh); "
      "print rea''dy\n");
  ASSERT_TRUE(zsh.Await("ready")) << zsh.printed();
  // Completed, then made the words of another command, which shows them.
  zsh.Type("ns app relea\t\001print GOT:\005;\n");
  EXPECT_TRUE(zsh.Await("GOT:ns app releases")) << zsh.printed();
  zsh.Type("ns app stop \t\001print GOT:\005;\n");
  EXPECT_TRUE(zsh.Await("GOT:ns app stop shop")) << zsh.printed();
  zsh.Type("exit\n");
  zsh.Finish();
}

}  // namespace
}  // namespace ns::cli
