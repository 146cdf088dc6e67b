// Each method of the API has a command that reaches it: rpc_commands.txt.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "api_methods.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "neoshowcase/platform/v1/watch.pb.h"
#include "testing/form_on_disk.h"
#include "testing/program_run.h"
#include "tree.h"

namespace ns::cli {
namespace {

using testing::Contains;

struct Row {
  std::string method;  // "Service/Method"
  std::vector<std::string> words;
};

std::vector<Row> ReadRows() {
  std::vector<Row> rows;
  std::ifstream file(NS_RPC_COMMANDS);
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line.substr(0, line.find('#')));
    Row row;
    in >> row.method;
    for (std::string word; in >> word;) row.words.push_back(word);
    if (!row.method.empty()) rows.push_back(row);
  }
  return rows;
}

// A server that answers everything with nothing, but for what commands need to go on.
class RpcCommandsTest : public ProgramRun {
 protected:
  RpcCommandsTest()
      : file_((std::filesystem::temp_directory_path() / ("ns-key-" + std::to_string(::getpid())))
                  .string()) {
    std::ofstream(file_) << "ssh-ed25519 AAAA laptop\n";
    server_.AnswerOthers();
    OfferShop();
    api::Build build;
    build.set_id("0123456789abcdef012345");
    build.add_artifacts()->set_id(build.id());
    server_.On("GetBuild", build);
    api::GetUserKeysResponse keys;
    keys.add_keys()->set_name("laptop");
    server_.On("GetUserKeys", keys);
    platform::ListTokensResponse tokens;
    tokens.add_tokens()->set_name("ci");
    server_.On("ListTokens", tokens);
    api::AvailableMetrics metrics;
    metrics.add_metrics_names("CPU");
    server_.On("GetAvailableMetrics", metrics);
    platform::Suggestion wanted;
    wanted.set_name("new");
    auto& method = *wanted.add_methods();
    method.set_name("runtime_dockerfile");
    method.mutable_config()->mutable_runtime_dockerfile();
    server_.On("SuggestApplication", wanted);
  }
  ~RpcCommandsTest() override { std::filesystem::remove(file_); }

  const std::string file_;
};

TEST_F(RpcCommandsTest, EachIsReached) {
  for (Row row : ReadRows()) {
    for (std::string& word : row.words) {
      if (word == "{file}") word = file_;
      if (word == "{key}") word = "ssh-ed25519 AAAA";
    }
    const size_t before = server_.methods().size();
    Run(row.words);
    auto reached = server_.methods();
    reached.erase(reached.begin(), reached.begin() + static_cast<std::ptrdiff_t>(before));
    for (std::string& method : reached) method = method.substr(method.find_last_of('.') + 1);
    EXPECT_THAT(reached, Contains(row.method)) << err_;
  }
}

TEST_F(RpcCommandsTest, EachHasARowAndEachRowAMethod) {
  std::set<std::string> rows, methods;
  for (const Row& row : ReadRows()) EXPECT_TRUE(rows.insert(row.method).second) << row.method;
  for (const auto* one : ApiMethods()) methods.insert(one->service()->name() + "/" + one->name());
  EXPECT_EQ(rows, methods);
  // Not what this program says of itself: the files.
  std::set<std::string> declared;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(NS_PROTO_FOLDER)) {
    if (entry.path().extension() != ".proto" ||
        entry.path().string().find("/link/") != std::string::npos)
      continue;
    std::ifstream file(entry.path());
    std::string service;
    for (std::string line; std::getline(file, line);) {
      std::istringstream in(line);
      std::string kind, name;
      in >> kind >> name;
      if (kind == "service") service = name;
      if (kind == "rpc") declared.insert(service + "/" + name.substr(0, name.find('(')));
    }
  }
  EXPECT_EQ(methods, declared);
}

bool IsJson(const std::string& text) {
  boost::system::error_code error;
  boost::json::parse(text, error);
  return !error;
}

// One document, or one in each line.
bool IsJsonOrLines(const std::string& text) {
  if (IsJson(text)) return true;
  std::istringstream lines(text);
  bool all = true;
  for (std::string line; std::getline(lines, line);) all = all && IsJson(line);
  return all;
}

// The command that the words begin with is taken out of `left`.
void Strike(const std::vector<std::string>& words, std::set<std::string>& left) {
  const CommandNode root = CommandsOfProgram();
  const CommandNode* at = &root;
  for (const std::string& word : words) {
    if (const CommandNode* next = at->Find(word)) at = next;
  }
  left.erase(at->path);
}

void Leaves(const CommandNode& node, std::set<std::string>& out) {
  if (node.commands.empty()) out.insert(node.path);
  for (const CommandNode& one : node.commands) Leaves(one, out);
}

// Whatever a command prints with --json is JSON, but for what is a file, a script or a page.
TEST_F(RpcCommandsTest, EachSpeaksJsonWhereItIsAsked) {
  std::set<std::string> left;  // that have not spoken
  Leaves(CommandsOfProgram(), left);
  auto rows = ReadRows();
  for (const char* line :
       {"api --list", "version", "open shop", "app show shop", "app restart shop", "export --all",
        "diff -f {form}", "apply -f {form} --yes", "repo owners shop", "env set shop KEY=value",
        "repo host-key accept shop SHA256:x", "doctor", "top --once", "events -n 3",
        "deploy http://git.test/shop.git --ref main --timeout 0"}) {
    std::istringstream in(line);
    Row row;
    for (std::string word; in >> word;) row.words.push_back(word);
    rows.push_back(row);
  }
  platform::ApplicationStatus status;
  status.add_urls("http://shop.test/");
  server_.On("GetApplicationStatus", status);
  platform::ListEventsResponse events;
  events.add_events()->set_kind("AppCreated");
  server_.On("ListEvents", events);
  platform::WatchResponse gone;
  gone.mutable_removed()->set_application_id("a1");
  server_.On("Watch", Stream<platform::WatchResponse>({gone}));
  const FormOnDisk form;
  form.Write("applications: [{name: shop, ref: next}]\n");
  for (Row row : rows) {
    for (std::string& word : row.words) {
      if (word == "{file}") word = file_;
      if (word == "{key}") word = "ssh-ed25519 AAAA";
      if (word == "{form}") word = form.path();
    }
    row.words.emplace_back("--json");
    Run(row.words);
    const std::string line = boost::json::serialize(boost::json::value_from(row.words));
    EXPECT_TRUE(IsJsonOrLines(out_)) << line << "\n" << out_;
    if (!out_.empty()) Strike(row.words, left);
  }
  EXPECT_THAT(left, testing::ElementsAre("admin rotate-key", "build artifact", "completion", "help",
                                         "login", "logout", "push"));
}

TEST_F(RpcCommandsTest, VersionSaysWhichOfBoth) {
  api::SystemInfo info;
  info.set_version("9.8.7");
  server_.On("GetSystemInfo", info);
  EXPECT_EQ(Run({"version", "--json"}), 0) << err_;
  const auto both = boost::json::parse(out_);
  EXPECT_EQ(both.at("server").at("version").as_string(), "9.8.7");
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_EQ(std::string(both.at("ns").as_string()) + "\n", out_);
  EXPECT_EQ(RunPlain({"ns", "--server", "unix:/nonexistent/api.sock", "version", "--json"}), 5);
  EXPECT_TRUE(boost::json::parse(out_).at("server").is_null());
}

TEST_F(RpcCommandsTest, AnyMethodByItsName) {
  EXPECT_EQ(Run({"api", "GetMe"}), 0) << err_;
  EXPECT_THAT(out_, testing::HasSubstr("\"name\": \"alice\""));
  EXPECT_EQ(Run({"api", "neoshowcase.protobuf.APIService/GetMe"}), 0) << err_;
  EXPECT_EQ(Run({"api", "GetApplication"}), 2);
  EXPECT_THAT(err_,
              testing::HasSubstr("Several are called 'GetApplication': APIService/GetApplication, "
                                 "ApplicationService/GetApplication."));
  EXPECT_EQ(Run({"api", "GetMee"}), 2);
  EXPECT_THAT(err_, testing::HasSubstr("There is no method 'GetMee'; did you mean \"GetMe\"?"));
  EXPECT_EQ(Run({"api", "GetBuild", R"({"buildd": "x"})"}), 2);
  EXPECT_THAT(err_, testing::HasSubstr("REQUEST is no BuildIdRequest as JSON: "));
  EXPECT_EQ(Run({"api"}), 2);
  EXPECT_EQ(Run({"api", "--list"}), 0);
  EXPECT_THAT(out_, testing::HasSubstr("\nTokenService/ListUserTokens\n"));
}

}  // namespace
}  // namespace ns::cli
