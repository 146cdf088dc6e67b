// Every hostile repository of hostile_cases_for_test.py, one checkout each.
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/git_fixture_for_test.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string name, commit, outcome;
  std::map<std::string, std::string> holds;
};

std::vector<std::string> Split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

std::string FromHex(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

Case ParseCase(const std::string& line) {
  const auto fields = Split(line, '\t');
  Case one{fields[0], fields[1], fields[2], {}};
  const auto texts = Split(fields.size() > 3 ? fields[3] : "", ' ');
  for (size_t i = 0; i + 1 < texts.size(); i += 2) one.holds[texts[i]] = FromHex(texts[i + 1]);
  return one;
}

std::string Outcome(const Status& status) {
  if (status.ok()) return "ok";
  const std::string what =
      status.reason().empty() ? std::string(CodeName(status.code())) : status.reason();
  const std::map<Fault, std::string> faults = {{Fault::kSource, " source"},
                                               {Fault::kOperator, " operator"},
                                               {Fault::kPlatform, " platform"},
                                               {Fault::kUnknown, " unknown"}};
  return what + faults.at(status.fault());
}

class HostileTest : public GitTest {
 protected:
  void SetUp() override {
    fs::create_directories(root_ + "/canary/below");
    for (const char* name : {"/kept", "/below/kept"})
      std::ofstream(root_ + "/canary" + name) << "[submodule \"sub\"]\n\turl = file:///etc\n";
    options_.mirror_limit = 8 << 20;
    options_.entry_limit = 2000;
    options_.memory_limit = 256 << 20;
    options_.private_hosts = {"127.0.0.1", "localhost"};
    credentials_ = {model::GitAuth::kBasic, "user", Secret("marked-token"), {}};
    Launch({"/usr/bin/python3", NS_TEST_HOSTILE_SERVER, root_ + "/canary", root_ + "/log"});
    lines_ = Split(ReadUntilBlank(), '\n');
    ASSERT_GT(lines_.size(), 1U);
    lines_.pop_back();  // the empty one
    port_ = lines_[0];
  }

  // Every file beside the mirrors and the checkouts, with its bytes, mode and time.
  std::string Beside() const {
    std::ostringstream all;
    std::set<std::string> paths;
    for (const auto& at : fs::recursive_directory_iterator(root_ + "/canary"))
      paths.insert(at.path());
    for (const auto& at : fs::directory_iterator(root_)) paths.insert(at.path());
    for (const std::string& path : paths) {
      struct stat info {};
      ::lstat(path.c_str(), &info);
      const bool ours = path.starts_with(root_ + "/canary");
      all << path << ' ' << info.st_mode << ' ';
      if (ours) all << info.st_mtim.tv_nsec << ' ' << info.st_ctim.tv_nsec << ' ' << info.st_size;
      if (ours && S_ISREG(info.st_mode)) all << Read(path);
      all << '\n';
    }
    return all.str();
  }

  // The checkout has what the case promises, and no link or file mode that is dangerous.
  void CheckFolder(const Case& one, const std::string& out) {
    for (const auto& [path, text] : one.holds) EXPECT_EQ(Read(out + "/" + path), text) << path;
    for (auto at = fs::recursive_directory_iterator(out); at != fs::end(at); ++at) {
      struct stat info {};
      ::lstat(at->path().c_str(), &info);
      EXPECT_TRUE(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) || S_ISLNK(info.st_mode));
      EXPECT_EQ(info.st_mode & (S_ISUID | S_ISGID | S_IWOTH) & (S_ISLNK(info.st_mode) ? 0U : ~0U),
                0U)
          << at->path();
      EXPECT_NE(at->path().filename(), ".git");
    }
  }

  void Try(const Case& one, int number) {
    SCOPED_TRACE(one.name);
    GitOptions options = options_;
    const bool waits = one.outcome.starts_with("RemoteTimeout");
    options.fetch_deadline = waits ? std::chrono::milliseconds(700) : std::chrono::seconds(30);
    const std::string out = root_ + "/outs/" + std::to_string(number);
    const std::string id = std::to_string(number);
    const ports::Remote remote{RepositoryId(std::string(22 - id.size(), '0') + id),
                               "http://127.0.0.1:" + port_ + "/" + one.name + ".git", credentials_};
    const std::string before = Beside();
    const Duration begin = SystemClock().Monotonic();
    const ports::LargeFiles large{true, [](const std::string& text) {
                                    EXPECT_THAT(text, testing::MatchesRegex("LFS: [0-9]+ of [0-9]+ "
                                                                            "objects, [0-9]+ .*"));
                                  }};
    const Status status =
        NewGitRemote(options, SystemClock())->Checkout({}, remote, one.commit, out, large);
    EXPECT_EQ(Outcome(status), one.outcome) << status.ToString();
    EXPECT_LT(SystemClock().Monotonic() - begin, std::chrono::seconds(20));
    EXPECT_EQ(Beside(), before);
    EXPECT_EQ(status.message().find_first_of("\n\x1b"), std::string::npos) << status.message();
    if (status.ok()) CheckFolder(one, out);
    fs::remove_all(out);
    fs::remove_all(options_.folder + "/" + remote.id.str() + ".git");
  }

  std::vector<std::string> lines_;
};

TEST_F(HostileTest, Checkout_ChangesNothingOutsideAndTellsNobodyThePassword) {
  fs::create_directories(root_ + "/outs");
  fs::create_directories(options_.folder);
  std::set<std::string> names;
  for (size_t i = 1; i < lines_.size(); ++i) names.insert(ParseCase(lines_[i]).name);
  EXPECT_EQ(names.size(), lines_.size() - 1);
  const auto of_lfs = std::count_if(
      names.begin(), names.end(), [](const std::string& name) { return name.starts_with("lfs-"); });
  EXPECT_GE(of_lfs, 230);
  EXPECT_GE(names.size() - of_lfs, 160U);
  std::atomic<int> next = 1;
  const auto work = [&] {
    for (int i = next++; i < static_cast<int>(lines_.size()); i = next++)
      Try(ParseCase(lines_[i]), i);
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  threads.clear();
  std::map<std::string, int> told, asked;
  for (const std::string& line : Split(Read(root_ + "/log"), '\n')) {
    const std::string server = line.substr(0, line.find(' '));
    ++asked[server];
    told[server] += line.ends_with(" password") ? 1 : 0;
  }
  EXPECT_GT(told["home"], 100) << "the password is needed";
  EXPECT_EQ(told["other"], 0) << Read(root_ + "/log");
  EXPECT_EQ(told["returned"], 0) << Read(root_ + "/log");
  EXPECT_GT(asked["returned"], 0) << "where a redirect leads is really asked";
  EXPECT_GT(asked["other"], 2) << "the other server is really asked";
}

}  // namespace
}  // namespace ns::git
