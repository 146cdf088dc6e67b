#include "ssgen/site_probe.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "ssgen/sites_on_disk_for_test.h"

namespace ns::ssgen {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class SiteProbe : public SitesOnDisk {
 protected:
  Status Probe(const Answering& answering, const SiteName& site = kSite) {
    const Web web("127.0.0.1:0", answering);
    return ProbeSite(web.at, root_, site, 200ms);
  }
};

TEST_F(SiteProbe, WhatLiesThere_IsOk) {
  const auto disk = [this](const std::string& request) { return FromDisk(request); };
  EXPECT_EQ(Probe(disk), Status());
  Write(kOther, ".hidden", "x");
  Write(kOther, "a b.txt", "x");
  Write(kOther, "app.js.gz", "x");
  Write(kOther, "deep/er/app.js", "// x\n");
  EXPECT_EQ(Probe(disk, kOther), Status()) << "a site without an index.html";
  fs::remove_all(FolderOf(kOther) / "deep");
  EXPECT_EQ(Probe(disk, kOther), Status()) << "nothing that can be asked for";
}

TEST_F(SiteProbe, AnythingElse_IsToldWithTheSite) {
  const std::string large(3 << 20, 'x');
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {Ok("other\n"), "with other bytes"},
      {Ok("first"), "with 5 bytes instead of 6"},
      {"HTTP/1.1 200 OK\r\n\r\nfirst\n", "with -1 bytes"},
      {"HTTP/1.1 500 Internal Server Error\r\n\r\n", "with status 500 instead of 200"},
      {"HTTP/1.1 404 Not Found\r\n\r\n", "with status 404 instead of 200"},
      {"", "no answer of HTTP"},
      {"SSH-2.0\r\n\r\n", "no answer of HTTP"},
      {Ok(large), "with 3145728 bytes"}};
  for (const auto& [answer, how] : wrong) {
    const Status status = Probe([&](const std::string&) { return answer; });
    EXPECT_EQ(status.reason(), "SiteServerUnavailable") << how;
    EXPECT_THAT(status.message(), HasSubstr(how));
    EXPECT_THAT(status.message(), HasSubstr("a000000000000000000001/b000000000000000000001: / is"));
  }
  EXPECT_THAT(ProbeSite(FreeAddress(), root_, kSite, 200ms).message(),
              HasSubstr("is not answered"));
}

TEST_F(SiteProbe, SiteThatGoesMeanwhile_IsOk) {
  const auto gone = [this](const std::string&) {
    fs::remove_all(FolderOf(kSite));
    return std::string("HTTP/1.1 404 Not Found\r\n\r\n");
  };
  EXPECT_EQ(Probe(gone), Status());
  EXPECT_EQ(Probe(gone), Status()) << "not there at all";
}

}  // namespace
}  // namespace ns::ssgen
