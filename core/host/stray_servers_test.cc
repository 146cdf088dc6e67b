#include "host/stray_servers.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "ports/testing/fake_site_server.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class StrayServers : public testing::Test {
 protected:
  StrayServers() {
    char name[] = "/tmp/ns-stray-XXXXXX";
    layout_ = Layout(::mkdtemp(name));
    for (const char* instance : {"caddy", "nginx", "web"})
      std::filesystem::create_directories(layout_.site_server(instance));
  }
  ~StrayServers() override {
    (void)supervise::Supervisor::StopAll(layout_.helpers(), SystemClock());
    std::filesystem::remove_all(layout_.data());
  }

  static supervise::HelperSpec Helper(const std::string& name) {
    supervise::HelperSpec spec;
    spec.name = name;
    spec.argv = {"/bin/sleep", "3600"};
    return spec;
  }
  void Run(const std::vector<std::string>& names) {
    supervise::Supervisor before(layout_.helpers(), SystemClock());
    for (const std::string& name : names) {
      const Status status = before.Ensure(Helper(name), 20s);
      ASSERT_EQ(status, Status()) << status.ToString();
    }
  }
  std::vector<std::string> Running() const {
    std::vector<std::string> names;
    const auto records = supervise::Supervisor::Recorded(layout_.helpers());
    for (const supervise::HelperRecord& record : *records)
      if (record.running) names.push_back(record.name);
    return names;
  }
  static plugin::Loaded SiteInstance(const std::string& instance) {
    static ports::testing::FakeSiteServer server;
    plugin::Loaded loaded;
    loaded.instance = instance;
    loaded.site = &server;
    return loaded;
  }

  Layout layout_{""};
};

TEST_F(StrayServers, ServersThatNobodyAskedFor_AreEndedAndNothingElse) {
  Run({"caddy.caddy", "nginx.nginx", "web.caddy", "engine.buildkitd", "traefik"});
  supervise::Supervisor supervisor(layout_.helpers(), SystemClock());
  ASSERT_EQ(supervisor.Ensure(Helper("nginx.nginx"), 20s), Status());
  EXPECT_EQ(EndStraySiteServers(layout_, {SiteInstance("nginx"), SiteInstance("web")}, supervisor),
            Status());
  EXPECT_THAT(Running(), UnorderedElementsAre("nginx.nginx", "engine.buildkitd", "traefik"));
}

// The name of an instance that was a server of sites once and is something else by now.
TEST_F(StrayServers, InstanceThatIsNoServerByNow_Stays) {
  Run({"web.worker"});
  supervise::Supervisor supervisor(layout_.helpers(), SystemClock());
  plugin::Loaded other;
  other.instance = "web";
  EXPECT_EQ(EndStraySiteServers(layout_, {other}, supervisor), Status());
  EXPECT_THAT(Running(), UnorderedElementsAre("web.worker"));
  EXPECT_EQ(EndStraySiteServers(layout_, {}, supervisor), Status());
  EXPECT_THAT(Running(), IsEmpty());
}

}  // namespace
}  // namespace ns::host
