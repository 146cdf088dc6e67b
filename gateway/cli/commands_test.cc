// All commands of the program: what each says of itself, its JSON, and its page of the manual.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "man.h"
#include "nearest.h"
#include "testing/program_run.h"
#include "tree.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;

class CommandsTest : public ProgramRun {
 protected:
  static void Each(const CommandNode& node, const std::function<void(const CommandNode&)>& visit) {
    if (node.commands.empty()) visit(node);
    for (const CommandNode& one : node.commands) Each(one, visit);
  }
  static std::vector<std::string> WordsOf(const std::string& line) {
    std::vector<std::string> words;
    for (size_t at = 0; at <= line.size();) {
      const size_t end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    return words;
  }
};

TEST_F(CommandsTest, EachHasADescriptionAnExampleAndHelp) {
  const CommandNode root = CommandsOfProgram();
  Each(root, [&](const CommandNode& command) {
    EXPECT_FALSE(command.what.empty()) << command.path;
    EXPECT_THAT(command.example, HasSubstr("ns " + command.path)) << command.path;
    for (const OptionNode& option : command.options)
      EXPECT_FALSE(option.what.empty()) << command.path << " " << option.names[0];
    auto words = WordsOf(command.path);
    words.emplace_back("--help");
    EXPECT_EQ(Run(words), 0) << command.path;
    EXPECT_THAT(out_, HasSubstr("Example: " + command.example)) << command.path;
    words.emplace_back("--json");
    EXPECT_EQ(Run(words), 0) << command.path;
  });
}

TEST_F(CommandsTest, MistypedWordsAreAnsweredWithWhatWasMeant) {
  EXPECT_EQ(Run({"depoly"}), 2);
  EXPECT_THAT(err_, HasSubstr("no command \"depoly\"; did you mean \"deploy\"?"));
  EXPECT_EQ(Run({"app", "lst"}), 2);
  EXPECT_THAT(err_, HasSubstr("no command \"lst\"; did you mean \"list\"?"));
  EXPECT_EQ(Run({"status", "shop", "--wiat"}), 2);
  EXPECT_THAT(err_, HasSubstr("no option \"--wiat\"; did you mean \"--wait\"?"));
  EXPECT_EQ(Run({"app", "show", "shop", "more"}), 2);
  EXPECT_THAT(err_, HasSubstr("\"more\" stands there too much; `ns app show --help`"));
}

// Whatever repeats: a place behind it stays one, in each command that has such an option.
TEST_F(CommandsTest, OptionsTakeNoMoreThanOneValueAtATime) {
  EXPECT_EQ(Run({"repo", "owners", "--add", "alice", "--remove", "bob", "shop", "more"}), 2);
  EXPECT_THAT(err_, HasSubstr("\"more\" stands there too much"));
  EXPECT_EQ(Run({"app", "update", "shop", "--owner", "alice", "bob"}), 2);
  EXPECT_THAT(err_, HasSubstr("\"bob\" stands there too much"));
}

TEST_F(CommandsTest, HelpShowsWhatThereIs) {
  EXPECT_EQ(Run({"help"}), 0);
  EXPECT_THAT(out_, HasSubstr("Usage: ns [OPTIONS] SUBCOMMAND"));
  for (const CommandNode& command : CommandsOfProgram().commands)
    EXPECT_THAT(out_, HasSubstr("\n  " + command.path + " ")) << command.path;
  EXPECT_EQ(Run({"help", "app", "create"}), 0);
  EXPECT_THAT(out_, HasSubstr("ns app create"));
  EXPECT_THAT(out_, HasSubstr("--method"));
  EXPECT_EQ(Run({"help", "app", "creat"}), 2);
  EXPECT_THAT(err_, HasSubstr("no command \"creat\"; did you mean \"create\"?"));
  EXPECT_TRUE(server_.calls().empty()) << "help needs no server";
}

TEST_F(CommandsTest, NounAloneShowsWhatIsBelowIt) {
  EXPECT_EQ(RunPlain({"ns"}), 2);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("\n  deploy "));
  EXPECT_THAT(err_, HasSubstr("ns: say which of these commands."));
  EXPECT_EQ(Run({"app"}), 2);
  EXPECT_THAT(err_, HasSubstr("\n  create "));
  EXPECT_EQ(Run({"app", "start"}), 2);
  EXPECT_THAT(err_, HasSubstr("APP is required"));
}

// -- the manual
// ------------------------------------------------------------------------------------
std::string OutputOf(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (size_t got; (got = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
    output.append(buffer, got);
  ::pclose(pipe);
  return output;
}

TEST_F(CommandsTest, ManualHasAPageForEachCommandThatMandocTakes) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("ns-man-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string ns = NS_PROGRAM;
  OutputOf(ns + " __man " + folder.string());
  for (const CommandNode& command : CommandsOfProgram().commands)
    EXPECT_TRUE(std::filesystem::exists(folder / ("ns-" + command.path + ".1"))) << command.path;
  ASSERT_NE(OutputOf("command -v mandoc"), "") << "mandoc is missing: ./run build installs it";
  // The pages have no date: they are those of a version.
  const std::string said =
      OutputOf("mandoc -Tlint -Wwarning " + folder.string() + "/*.1 2>&1 | grep -v 'missing date'");
  EXPECT_EQ(said, "");
  const std::string page =
      OutputOf("mandoc -Tascii " + folder.string() + "/ns-app.1 | sed 's/.\b//g'");
  EXPECT_THAT(page, HasSubstr("ns app create"));
  EXPECT_THAT(page, HasSubstr("ns app list --mine"));
  std::filesystem::remove_all(folder);
}

// `man` finds it by the PATH: that of PREFIX/bin/ns in PREFIX/share/man.
TEST_F(CommandsTest, ManualLiesBesideTheProgram) {
  const auto prefix = std::filesystem::path(NS_PROGRAM).parent_path().parent_path();
  for (const char* page : {"ns.1", "ns-app.1"})
    EXPECT_TRUE(std::filesystem::exists(prefix / "share/man/man1" / page)) << page;
}

TEST_F(CommandsTest, OutputThatCannotBeWrittenIsAFailure) {
  OfferShop();
  api::GetBuildsResponse builds;
  builds.add_builds()->set_id("b1");
  server_.On("GetBuilds", builds);
  platform::ReadBuildLogResponse piece;
  piece.set_data("built\n"), piece.set_next_offset(6), piece.set_finished(true);
  server_.On("ReadBuildLog", piece);
  server_.On("FollowBuildLog", Stream<platform::ReadBuildLogResponse>({piece}));
  platform::ListEventsResponse events;
  events.add_events()->set_kind("AppCreated");
  server_.On("ListEvents", events);
  for (const char* line : {"app list", "app list --json", "export", "build log shop",
                           "build log shop -f", "events -f", "help app", "--help", "--version"}) {
    EXPECT_EQ(OutputOf(std::string("timeout 20 ") + NS_PROGRAM + " --server " +
                       server_.unix_address() + " " + line + " 2>&1 >/dev/full; echo $?"),
              "ns: stdout cannot be written: No space left on device.\n1\n")
        << line;
  }
}

TEST(Nearest, IsWhatWasMeantOrNothing) {
  EXPECT_EQ(Nearest("stauts", {"status", "start", "stop"}), "status");
  EXPECT_EQ(Nearest("xyzzy", {"status", "start", "stop"}), "");
}

}  // namespace
}  // namespace ns::cli
