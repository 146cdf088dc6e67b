// Values of variables from standard input and from the terminal.
#include <gmock/gmock.h>
#include <signal.h>

#include <iostream>
#include <map>
#include <sstream>

#include "testing/program_run.h"
#include "testing/terminal_run.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class EnvTest : public ProgramRun {
 protected:
  EnvTest() {
    OfferShop();
    server_.On("GetApplicationStatus", platform::ApplicationStatus());
    server_.On("UpdateApplication", [this](const std::string& body) {
      asked_.ParseFromString(body);
      return Ok(platform::UpdateApplicationResponse());
    });
  }
  // With that on standard input, which is no terminal.
  int RunWith(const std::string& input, const std::vector<std::string>& words) {
    std::istringstream in(input);
    std::streambuf* before = std::cin.rdbuf(in.rdbuf());
    const int exit = Run(words);
    std::cin.rdbuf(before);
    return exit;
  }

  int AskForTwo() const {
    const std::string server = server_.unix_address();
    const char* argv[] = {"ns", "--server", server.c_str(), "env", "set", "shop", "A", "B"};
    return RunProgram(8, argv);
  }

  platform::UpdateApplicationRequest asked_;
};

TEST_F(EnvTest, KeyAloneReadsStandardInput) {
  EXPECT_EQ(RunWith("two\nlines\n", {"env", "set", "shop", "KEY", "OTHER=x"}), 0) << err_;
  ASSERT_EQ(asked_.form().env_size(), 2);
  EXPECT_EQ(asked_.form().env(0).key(), "KEY");
  EXPECT_EQ(asked_.form().env(0).value(), "two\nlines");
}

TEST_F(EnvTest, StandardInputHasOneReader) {
  EXPECT_EQ(RunWith("x\n", {"env", "set", "shop", "A", "B"}), 2);
  EXPECT_THAT(err_, HasSubstr("Standard input is read to its end for A, so that B would be empty"));
  EXPECT_EQ(RunWith("C=x\n", {"env", "set", "shop", "--from-file", "-", "A"}), 2);
  EXPECT_THAT(err_, HasSubstr("to its end for --from-file, so that A would be empty"));
  EXPECT_THAT(server_.calls(), testing::IsEmpty()) << "nothing is asked for";
}

TEST_F(EnvTest, TerminalIsAskedForEachValueWithoutShowingIt) {
  TerminalRun talk([this] { return AskForTwo(); });
  ASSERT_TRUE(talk.Await("Value of A: ")) << talk.printed();
  talk.Type(" hunter2 \n");
  ASSERT_TRUE(talk.Await("Value of B: ")) << talk.printed();
  talk.Type("tr0ub4dor\n");
  EXPECT_EQ(talk.Finish(), 0) << talk.printed();
  EXPECT_THAT(talk.printed(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(talk.printed(), Not(HasSubstr("tr0ub4dor")));
  ASSERT_EQ(asked_.form().env_size(), 2);
  EXPECT_EQ(asked_.form().env(0).value(), " hunter2 ") << "as it was typed";
  EXPECT_EQ(asked_.form().env(1).value(), "tr0ub4dor");
}

TEST_F(EnvTest, TerminalShowsWhatIsTypedAgainBehindTheQuestion) {
  for (const auto& [typed, exit] :
       std::map<std::string, int>{{"\003", 128 + SIGINT}, {"\004", 2}}) {
    TerminalRun talk([this] { return AskForTwo(); });
    ASSERT_TRUE(talk.Await("Value of A: ")) << talk.printed();
    EXPECT_FALSE(talk.echoes());
    talk.Type(typed);
    EXPECT_EQ(talk.Finish(), exit);
    EXPECT_TRUE(talk.echoes()) << exit;
  }
  EXPECT_THAT(server_.calls(), Not(testing::Contains("UpdateApplication")));
}

}  // namespace
}  // namespace ns::cli
