#include "api/receive_request.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace ns::api {
namespace {

TEST(GitAsk, PathsAndHeadersThatAreNoneOfGits_AreRefused) {
  const auto code = [](const std::string& method, const std::string& path, RawHeaders headers) {
    headers.emplace_back(":path", path);
    return ReadGitAsk({false, 0, 0, "", headers}, method, path.substr(0, path.find('?')))
        .status()
        .code();
  };
  EXPECT_EQ(code("GET", "/git/shop.git/info/refs?service=git-upload-pack", {}), Code::kOk);
  EXPECT_EQ(code("GET", "/git/shop.git/info/refs", {}), Code::kDenied);
  EXPECT_EQ(code("GET", "/git/shop.git/info/refs?service=git-evil", {}), Code::kDenied);
  EXPECT_EQ(code("GET", "/git/shop.git/HEAD", {}), Code::kNotFound);
  EXPECT_EQ(code("GET", "/git/../info/refs?service=git-upload-pack", {}), Code::kNotFound);
  EXPECT_EQ(code("GET", "/git/a..b/info/refs?service=git-upload-pack", {}), Code::kNotFound);
  EXPECT_EQ(code("GET", "/git/%2e%2e/info/refs?service=git-upload-pack", {}), Code::kNotFound);
  EXPECT_EQ(code("GET", "/git/shop.git/git-receive-pack", {}), Code::kUnsupported);
  EXPECT_EQ(code("POST", "/git/shop.git/git-receive-pack", {}), Code::kInvalid);
  const RawHeaders right{{"content-type", "application/x-git-receive-pack-request"}};
  EXPECT_EQ(code("POST", "/git/shop.git/git-receive-pack", right), Code::kOk);
  RawHeaders brotli = right;
  brotli.emplace_back("content-encoding", "br");
  EXPECT_EQ(code("POST", "/git/shop.git/git-receive-pack", brotli), Code::kInvalid);
}

TEST(GitAsk, Basic_IsReadInEveryCase) {
  const auto of = [](const std::string& value) {
    return BasicOf({false, 0, 0, "", {{"authorization", value}}});
  };
  EXPECT_EQ(of("Basic " + ToBase64("a:b:c")), (BasicCredentials{"a", "b:c"}));
  EXPECT_EQ(of("basic " + ToBase64(":p")), (BasicCredentials{"", "p"}));
  EXPECT_EQ(of("Basic %%%"), std::nullopt);
  EXPECT_EQ(of("Basic " + ToBase64("no colon")), std::nullopt);
  EXPECT_EQ(of("Bearer x"), std::nullopt);
}

}  // namespace
}  // namespace ns::api
