// Every server answers the list of requests as it says.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include "http_get.h"
#include "plugin_site.h"
#include "requests.h"
#include "site_tree.h"

namespace ns::sites {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

std::vector<std::string> HeadersOf(const Expected& row) {
  std::vector<std::string> headers = row.headers;
  headers.push_back("X-Controller-App-Id: " + row.app);
  headers.push_back("X-Controller-Release-Id: " + row.release);
  return headers;
}

class Answers : public testing::TestWithParam<std::string> {
 protected:
  // One server answers all of them.
  void SetUp() override {
    if (ProgramOf(GetParam()).empty())
      GTEST_SKIP() << "LEFT OUT: " << GetParam() << " is not installed";
    std::unique_ptr<PluginSite>& kept = Kept()[GetParam()];
    if (!kept) {
      kept = std::make_unique<PluginSite>(GetParam());
      ASSERT_EQ(kept->server().Start(PluginSite::Soon(), kept->settings()), Status());
    }
    site_ = kept.get();
  }
  static void TearDownTestSuite() { Kept().clear(); }
  static std::map<std::string, std::unique_ptr<PluginSite>>& Kept() {
    static std::map<std::string, std::unique_ptr<PluginSite>> kept;
    return kept;
  }

  std::optional<Answer> Send(const Expected& row, const std::string& method) {
    return Ask(site_->settings().listen, method, row.target, HeadersOf(Filled(row)));
  }
  // With the entity tags that were asked for before.
  Expected Filled(Expected row) {
    for (std::string& header : row.headers) {
      const size_t at = header.find("{etag:");
      if (at == std::string::npos) continue;
      const size_t end = header.find('}', at);
      header.replace(at, end - at + 1, Tag(header.substr(at + 6, end - at - 6)));
    }
    return row;
  }
  std::string Tag(const std::string& target) {
    const auto answer =
        Ask(site_->settings().listen, "GET", target,
            {"X-Controller-App-Id: " + kPlain, "X-Controller-Release-Id: " + kFirst});
    const std::string tag = answer ? answer->Header("etag") : "";
    EXPECT_THAT(tag, testing::MatchesRegex("\".+\"")) << target;
    return tag;
  }

  void CheckHeaders(const Expected& row, const Answer& answer) {
    for (const auto& [name, value] : row.answer) EXPECT_EQ(answer.Header(name), value) << name;
    EXPECT_EQ(answer.Header("server").find_first_of("0123456789"), std::string::npos)
        << answer.Header("server");
    if (row.status == 416 || row.status == 400) return;
    EXPECT_EQ(answer.Header("cache-control"), "no-cache");
    EXPECT_EQ(answer.Header("vary"), "Accept-Encoding");
    if (row.status != 200) return;
    EXPECT_THAT(answer.Header("etag"), testing::MatchesRegex("\".+\""));
    // nginx gives zipped siblings out whole.
    if (GetParam() == "nginx" && answer.Header("content-encoding") == "gzip") return;
    EXPECT_EQ(answer.Header("accept-ranges"), "bytes");
  }

  // Whether the answer is one that docs/design/sites.md excepts.
  bool IsException(const Expected& row, const Answer& answer) {
    const auto other = row.otherwise.find(GetParam());
    if (other == row.otherwise.end()) return false;
    EXPECT_EQ(answer.status, other->second);
    return true;
  }

  PluginSite* site_ = nullptr;
};

TEST_P(Answers, WholeList_AsItSays) {
  size_t count = 0;
  for (const Expected& row : Requests()) {
    SCOPED_TRACE(row.Name());
    ++count;
    const std::optional<Answer> answer = Send(row, row.method);
    if (!answer) {
      ADD_FAILURE() << "no answer";
      continue;
    }
    if (IsException(row, *answer)) continue;
    EXPECT_EQ(answer->status, row.status);
    EXPECT_EQ(row.any_body ? "" : answer->body, row.any_body ? "" : row.body);
    CheckHeaders(row, *answer);
  }
  EXPECT_GE(count, 120u);
}

// As GET, without the body.
TEST_P(Answers, Head_TheSameHeadersAndNoBody) {
  for (const Expected& row : Requests()) {
    if (row.method != "GET") continue;
    SCOPED_TRACE(row.Name());
    const std::optional<Answer> get = Send(row, "GET"), head = Send(row, "HEAD");
    if (!get || !head) {
      ADD_FAILURE() << "no answer";
      continue;
    }
    EXPECT_EQ(head->status, get->status);
    EXPECT_EQ(head->body, "");
    // Refusals and empty files aside, where a server may leave it out.
    if (!row.any_body && row.otherwise.empty() && !row.body.empty()) {
      EXPECT_EQ(head->Header("content-length"), get->Header("content-length"));
    }
    for (const std::string name :
         {"content-type", "content-encoding", "etag", "location", "last-modified"})
      EXPECT_EQ(head->Header(name), get->Header(name)) << name;
  }
}

// Each file and each way it is encoded has a tag of its own.
TEST_P(Answers, EncodedSiblings_HaveOtherTags) {
  std::set<std::string> tags;
  for (const std::string accepted : {"identity", "gzip", "br"}) {
    const auto answer = Ask(site_->settings().listen, "GET", "/app.js",
                            {"X-Controller-App-Id: " + kPlain, "X-Controller-Release-Id: " + kFirst,
                             "Accept-Encoding: " + accepted});
    ASSERT_TRUE(answer) << accepted;
    EXPECT_TRUE(tags.insert(answer->Header("etag")).second)
        << accepted << ": " << answer->Header("etag") << ", status " << answer->status;
  }
  EXPECT_EQ(tags.size(), 3u);
}

// A site and a marker that come while the server runs are there at once.
TEST_P(Answers, NewRelease_NeedsNoReload) {
  const std::string release = "cccccccccccccccccccc01", root = site_->settings().root;
  const std::vector<std::string> headers = {"X-Controller-App-Id: " + kPlain,
                                            "X-Controller-Release-Id: " + release};
  const std::string& listen = site_->settings().listen;
  EXPECT_EQ(Ask(listen, "GET", "/", headers)->status, 404);
  MakeRelease(root, kPlain, release, {{"index.html", "fresh\n"}});
  EXPECT_EQ(Ask(listen, "GET", "/", headers)->body, "fresh\n");
  EXPECT_EQ(Ask(listen, "GET", "/deep", headers)->status, 404);
  MarkSpa(root, kPlain, release);
  EXPECT_EQ(Ask(listen, "GET", "/deep", headers)->body, "fresh\n");
}

// What S7 asks: whatever stands in the headers that choose a site, nothing is found by it.
TEST_P(Answers, HostileIds_FindNothing) {
  const std::vector<std::string> pieces = {
      "}",   "{env.HOME}", ";",    "\"", "'",        "$",  "${x}", "..",   "../",
      "%",   "%2f",        "%{x}", "\\", "\xc3\xa9", "\t", "#",    "\x7f", "{{x}}",
      "a b", "/etc",       "*",    "(",  "[a-z]",    "|",  kPlain, kFirst};
  int sent = 0;
  for (const std::string& a : pieces)
    for (const std::string& b : pieces) {
      const std::string id = a + b;
      if ((a == "\t" || b == "\t") && id.size() == kPlain.size() + 1) continue;  // no part of it
      const auto by_app = Ask(site_->settings().listen, "GET", "/about",
                              {"X-Controller-App-Id: " + id, "X-Controller-Release-Id: " + kFirst});
      const auto by_release =
          Ask(site_->settings().listen, "GET", "/about",
              {"X-Controller-App-Id: " + kPlain, "X-Controller-Release-Id: " + id});
      sent += 2;
      for (const auto& answer : {by_app, by_release}) {
        ASSERT_TRUE(answer) << id;
        EXPECT_THAT(answer->status, testing::AnyOf(400, 404)) << id;
      }
    }
  for (const std::string& raw :
       {std::string("a\0b", 3), std::string("a\nb"), std::string(70'000, 'a')}) {
    const auto answer = Ask(site_->settings().listen, "GET", "/about",
                            {"X-Controller-App-Id: " + raw, "X-Controller-Release-Id: " + kFirst});
    // The connection may end over it.
    if (answer) {
      EXPECT_THAT(answer->status, testing::AnyOf(400, 404, 431)) << raw.substr(0, 30);
    }
    ++sent;
  }
  EXPECT_GE(sent, 1000);
  EXPECT_EQ(site_->server().Probe(PluginSite::Soon(), site_->settings()), Status());
}

// What names no site by two headers of one name: a folder beside those of sites, whichever way the
// values are put together.
std::vector<std::string> Seconds() {
  std::vector<std::string> values = {"..", "../..", kSpa, kSecond, "", "/", "x/..", "{site_ids}"};
  std::string up;
  for (int i = 0; i < 6; ++i) values.push_back((up += "../") + "outside");
  return values;
}

void MakeOutside(const std::string& root) {
  for (const std::string& name : {"outside"s, "outside," + kPlain, "outside," + kFirst})
    for (const std::string& folder : {root + "/" + name, root + "/" + name + "/" + kFirst}) {
      std::filesystem::create_directories(folder);
      std::ofstream(folder + "/about.html") << "outside\n";
      std::ofstream(folder + "/404.html") << "outside\n";
    }
}

TEST_P(Answers, DoubledHeaders_FindNothing) {
  MakeOutside(site_->settings().root);
  MakeOutside(site_->folder());
  const std::string app = "X-Controller-App-Id: ", release = "X-Controller-Release-Id: ";
  const auto ask = [&](const std::vector<std::string>& headers) {
    return Ask(site_->settings().listen, "GET", "/about", headers);
  };
  for (const std::string& other : Seconds())
    // Each begins with what chooses a site where the first value alone counts.
    for (const std::vector<std::string>& headers :
         std::vector<std::vector<std::string>>{{app + kPlain, release + kFirst, app + other},
                                               {app + other, release + kFirst, app + kPlain},
                                               {app + kPlain, release + kFirst, release + other},
                                               {app + kPlain, release + other, release + kFirst}}) {
      SCOPED_TRACE(testing::PrintToString(headers));
      const auto answer = ask(headers);
      ASSERT_TRUE(answer);
      EXPECT_THAT(answer->body, testing::Not(HasSubstr("outside")));
      // nginx before 1.23 knows the first alone.
      if (GetParam() == "nginx" && answer->status == 200) {
        EXPECT_EQ(answer->body, ask({headers[0], headers[1]})->body);
        continue;
      }
      EXPECT_THAT(answer->status, testing::AnyOf(400, 404));
    }
}

INSTANTIATE_TEST_SUITE_P(Servers, Answers, testing::ValuesIn(Servers()),
                         [](const auto& server) { return server.param; });

}  // namespace
}  // namespace ns::sites
