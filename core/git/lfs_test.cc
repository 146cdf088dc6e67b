// Pointers, servers and answers of Git LFS, and the notes that tell of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/config_text.h"
#include "git/http_url.h"
#include "git/lfs_batch.h"
#include "git/lfs_pointer.h"
#include "git/lfs_server.h"
#include "git/ssh_command.h"
#include "git/wire.h"

namespace ns::git {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kOid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const std::string kText =
    "version https://git-lfs.github.com/spec/v1\noid sha256:" + kOid + "\nsize 12345\n";

std::string Edited(const std::string& from, const std::string& to) {
  std::string text = kText;
  return text.replace(text.find(from), from.size(), to);
}

TEST(LfsPointer, Parse_ReadsTheExampleOfTheSpec) {
  const LfsPointer wanted{kOid, 12345, ""};
  EXPECT_EQ(ParseLfsPointer(kText), wanted);
  EXPECT_EQ(ParseLfsPointer(kText.substr(0, kText.size() - 1)), wanted);
  EXPECT_EQ(ParseLfsPointer(Edited("git-lfs", "hawser")), wanted);
  EXPECT_EQ(ParseLfsPointer(Edited("\nsize", "\nother.key-1 value\nsize")), wanted);
  EXPECT_EQ(ParseLfsPointer(Edited("v1\noid", "v1\r\noid")), wanted);
  EXPECT_EQ(ParseLfsPointer(Edited("\noid", "\next-0-case sha256:" + kOid + "\noid")),
            (LfsPointer{kOid, 12345, "case"}));
  EXPECT_EQ(ParseLfsPointer(Edited("12345", "0"))->size, 0U);
  EXPECT_EQ(ParseLfsPointer(Edited("12345", "9223372036854775807"))->size, uint64_t{INT64_MAX});
}

TEST(LfsPointer, Parse_TakesNothingElse) {
  for (const std::string& text : {std::string(),
                                  std::string("version "),
                                  std::string("\n\n"),
                                  kText + kText,
                                  kText + std::string("\0", 1),
                                  " " + kText,
                                  "\xef\xbb\xbf" + kText,
                                  kText + "x\n",
                                  kText + "\n",
                                  kText + std::string(1024, 'x'),
                                  Edited("12345", "-1"),
                                  Edited("12345", "012345"),
                                  Edited("12345", "12345 "),
                                  Edited("12345", "1e5"),
                                  Edited("12345", ""),
                                  Edited("12345", "9223372036854775808"),
                                  Edited("12345", "99999999999999999999999"),
                                  Edited("sha256", "sha512"),
                                  Edited("4d7a", "4D7A"),
                                  Edited("4d7a", "4d7"),
                                  Edited("4d7a", "4d7aa"),
                                  Edited("4d7a", "../."),
                                  Edited("v1", "v2"),
                                  Edited("https", "http"),
                                  Edited("oid", "OID"),
                                  Edited("\nsize 12345", ""),
                                  Edited("oid sha256", "oid  sha256")}) {
    EXPECT_FALSE(ParseLfsPointer(text)) << text;
  }
}

TEST(LfsServer, UrlOf_FollowsTheRuleOfGitLfs) {
  for (const auto& [remote, url] : std::vector<std::pair<std::string, std::string>>{
           {"https://h/a/b", "https://h/a/b.git/info/lfs"},
           {"https://h/a/b/", "https://h/a/b.git/info/lfs"},
           {"https://h:8443/a/b.git", "https://h:8443/a/b.git/info/lfs"},
           {"git@h:a/b.git", "https://h/a/b.git/info/lfs"},
           {"ssh://git@h:2222/a/b", "https://h/a/b.git/info/lfs"}})
    EXPECT_EQ(LfsUrlOf(remote), url);
}

Request With(const std::string& url) {
  Request request;
  request.url = url;
  request.auth = model::GitAuth::kBasic;
  request.username = "user";
  request.password = Secret("pass");
  return request;
}

TEST(LfsServer, Password_GoesToTheOwnSchemeHostAndPortAlone) {
  const Request request = With("https://git.example.com/a.git");
  for (const char* url : {"https://git.example.com/x?y=z", "https://GIT.example.com:443/"})
    EXPECT_THAT(PasswordFor(request, *ParseHttpUrl(url)),
                ElementsAre("Authorization: Basic dXNlcjpwYXNz"))
        << url;
  for (const char* url :
       {"http://git.example.com/x", "https://git.example.com:8443/", "https://example.com/",
        "https://git.example.com.evil.org/", "https://git.example.com./"})
    EXPECT_THAT(PasswordFor(request, *ParseHttpUrl(url)), IsEmpty()) << url;
  EXPECT_THAT(PasswordFor(Request(), *ParseHttpUrl("https://git.example.com/")), IsEmpty());
}

TEST(LfsServer, Find_TakesLfsUrlFirstAndGivesItThePasswordOnlyAtHome) {
  const Request request = With("https://h/a.git");
  EXPECT_EQ(FindLfsServer(request, "")->url.text, "https://h/a.git/info/lfs");
  EXPECT_EQ(FindLfsServer(request, "[lfs]\nurl = https://h/x/\n")->secrets.size(), 1U);
  const auto other = FindLfsServer(request, "[lfs]\nurl = https://other/x\n");
  EXPECT_EQ(other->url.text, "https://other/x");
  EXPECT_THAT(other->secrets, IsEmpty());
  EXPECT_EQ(FindLfsServer(request, "[lfs \"x\"]\nurl = https://other/x\n")->url.host, "h");
  for (const char* url : {"ext::sh", "file:///x", "ssh://git@other/x", "https://u:p@h/x", "x"})
    EXPECT_EQ(FindLfsServer(request, "[lfs]\nurl = " + std::string(url)).status().reason(),
              "LfsRefused")
        << url;
}

TEST(LfsBatch, Request_IsThatOfTheApi) {
  EXPECT_EQ(LfsBatchRequest({{"aa", 1, ""}, {"bb", 2, ""}}),
            R"({"operation":"download","transfers":["basic"],"hash_algo":"sha256",)"
            R"("objects":[{"oid":"aa","size":1},{"oid":"bb","size":2}]})");
}

// The example of docs/api/batch.md.
TEST(LfsBatch, Parse_ReadsPlacesAndHeaders) {
  const auto got = ParseLfsBatch(
      R"({"transfer": "basic", "objects": [{"oid": "1111111", "size": 123, "authenticated": true,
          "actions": {"download": {"href": "https://some-download.com?a=b", "header": {"Key":
          "value", "Host": "evil", "AUTHORIZATION": "x"}, "expires_at": "2016-11-10T15:29:07Z"}}}],
          "hash_algo": "sha256"})",
      {{"1111111", 123, ""}});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  const LfsDownload& download = got->at("1111111");
  EXPECT_EQ(download.action.href.text, "https://some-download.com/?a=b");
  EXPECT_THAT(download.action.headers, ElementsAre("Key: value", "AUTHORIZATION: x"));
  EXPECT_TRUE(download.action.authorized);
  EXPECT_TRUE(download.authenticated);
}

TEST(LfsBatch, Parse_SaysWhatTheServerLacks) {
  const Status status =
      ParseLfsBatch(
          R"({"objects":[{"oid":"aa","size":1,"error":{"code":404,"message":"gone\n"}}]})",
          {{"aa", 1, ""}})
          .status();
  EXPECT_EQ(status.reason(), "LfsObjectNotFound");
  EXPECT_THAT(status.message(), HasSubstr("the object aa: error 404, gone?"));
}

TEST(LfsBatch, Complaint_IsTheMessageAlone) {
  EXPECT_EQ(LfsComplaint(R"({"message":"over quota\r\n","request_id":"1"})"), "over quota??");
  EXPECT_EQ(LfsComplaint("<html>"), "");
  EXPECT_EQ(LfsComplaint("[]"), "");
}

TEST(HttpUrl, ResolveLocation_KnowsRelativeAndWholeOnes) {
  const HttpUrl base = *ParseHttpUrl("https://h:8443/a/b?c");
  EXPECT_EQ(ResolveLocation(base, "/x")->text, "https://h:8443/x");
  EXPECT_EQ(ResolveLocation(base, "x?y")->text, "https://h:8443/a/x?y");
  EXPECT_EQ(ResolveLocation(base, "//other/x")->host, "other");
  EXPECT_FALSE(ResolveLocation(base, "//other/x")->SameOrigin(base));
  EXPECT_TRUE(ResolveLocation(base, "https://H:8443/")->SameOrigin(base));
  for (const char* bad : {"", "file:///x", "ftp://h/", "http://u@h/", "a b", "a\r\nb"})
    EXPECT_FALSE(ResolveLocation(base, bad).ok()) << bad;
  EXPECT_EQ(ParseHttpUrl("http://[::1]:80/")->host, "::1");
  EXPECT_EQ(ParseHttpUrl("http://[::1]:81/")->Place(), "[::1]:81");
}

TEST(ShellWord, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(ShellWord("/a/b-c_d.git"), "/a/b-c_d.git");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("a'; rm"), "'a'\\''; rm'");
  EXPECT_EQ(ShellWord("~/a"), "'~/a'");
  EXPECT_EQ(ShellWord(""), "''");
}

TEST(Wire, Notes_StandBeforeTheAnswerAndAreTakenWhole) {
  Answer answer;
  answer.refs = {{"main", "abc"}};
  std::string bytes = EncodeNote("one") + EncodeNote("") + Encode(answer);
  std::string some = bytes.substr(0, 18);
  EXPECT_FALSE(TakeNote(some));
  EXPECT_EQ(some.size(), 18U);
  EXPECT_EQ(TakeNote(bytes), "one");
  EXPECT_EQ(TakeNote(bytes), "");
  EXPECT_FALSE(TakeNote(bytes));
  EXPECT_EQ(DecodeAnswer(bytes)->refs[0].commit, "abc");
}

}  // namespace
}  // namespace ns::git
