#include "host/reloader.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

namespace ns::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReloaderTest : public testing::Test {
 protected:
  ReloaderTest() {
    char name[] = "/tmp/ns-reloader-XXXXXX";
    folder_ = ::mkdtemp(name);
    Write("caddy");
  }
  ~ReloaderTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& server) const {
    std::ofstream(Path()) << "site_server: " << server
                          << "\nplugins: {caddy: {plugin: site-caddy}, nginx: {plugin: "
                             "site-nginx}}\n";
  }
  std::string Path() const { return folder_ + "/nsd.yaml"; }
  Reloader::Tell Listen() {
    return [this](const config::Config& now) { told_.push_back(now.site_server); };
  }

  std::string folder_;
  const config::Config running_;
  std::vector<std::string> told_;
};

TEST_F(ReloaderTest, WhatIsAskedForDuringTheStart_IsToldOnce) {
  Reloader reloader(Path(), running_);
  Write("nginx");
  reloader.Reload();
  EXPECT_THAT(told_, IsEmpty());
  {
    const Reloader::Attached attached(reloader, Listen());
    EXPECT_THAT(told_, ElementsAre("nginx"));
    Write("caddy");
    reloader.Reload();
    EXPECT_THAT(told_, ElementsAre("nginx", "caddy"));
  }
  const Reloader::Attached again(reloader, Listen());
  EXPECT_THAT(told_, ElementsAre("nginx", "caddy"));
}

TEST_F(ReloaderTest, OneWithMistakes_ChangesNothing) {
  Reloader reloader(Path(), running_);
  Write("no_such_instance");
  reloader.Reload();
  const Reloader::Attached attached(reloader, Listen());
  reloader.Reload();
  EXPECT_THAT(told_, IsEmpty());
}

}  // namespace
}  // namespace ns::host
