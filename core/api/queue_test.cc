#include "api/api_world.h"
#include "neoshowcase/platform/v1/host.pb.h"
#include "neoshowcase/platform/v1/queue.pb.h"

namespace ns::api {
namespace {

class QueueTest : public ApiWorld {
 protected:
  own_pb::ListBuildQueueResponse List(const Peer& peer, bool mine = false) {
    own_pb::ListBuildQueueRequest in;
    in.set_mine(mine);
    return Sent<own_pb::ListBuildQueueResponse>(peer, std::string(kQueueService) + "ListBuildQueue",
                                                in)
        .value();
  }
  Result<own_pb::ListHostsResponse> Hosts(const Peer& peer, bool only_up = false) {
    own_pb::ListHostsRequest in;
    in.set_only_up(only_up);
    return Sent<own_pb::ListHostsResponse>(peer, std::string(kHostService) + "ListHosts", in);
  }
};

TEST_F(QueueTest, Waiting_HaveAPlaceAndAReason_RunningAHost) {
  const auto app = MakeApp(Named("alice"));
  const BuildId first = AddBuild(app.id());
  auto queue = List(Named("alice"));
  ASSERT_EQ(queue.queued_size(), 1);
  EXPECT_EQ(queue.queued(0).build_id(), first.str());
  EXPECT_EQ(queue.queued(0).application_name(), "shop");
  EXPECT_EQ(queue.queued(0).place(), 1);
  EXPECT_EQ(queue.queued(0).attempt(), 1);
  EXPECT_EQ(queue.queued(0).reason(), "BuilderMissing");
  EXPECT_EQ(queue.slots(), 0);

  Claim(first);
  const BuildId second = AddBuild(app.id(), kCommitB);
  queue = List(Named("alice"));
  ASSERT_EQ(queue.running_size(), 1);
  EXPECT_EQ(queue.running(0).host_id(), std::string(22, 'f'));
  EXPECT_EQ(queue.running(0).attempt(), 1);
  EXPECT_EQ(queue.running(0).last_seconds(), 0);
  EXPECT_EQ(queue.slots(), 1);
  ASSERT_EQ(queue.queued_size(), 1);
  EXPECT_EQ(queue.queued(0).build_id(), second.str());
  EXPECT_EQ(queue.queued(0).reason(), "SiblingBuilding");
}

TEST_F(QueueTest, LastDuration_IsThatOfTheLastSuccess) {
  const auto app = MakeApp(Named("alice"));
  const model::Build build = Claim(AddBuild(app.id()));
  clock.Advance(std::chrono::seconds(7));
  model::BuildResult result;
  result.status = model::BuildStatus::kSucceeded;
  ASSERT_TRUE(store.store().builds.Settle(build.id, build.lease.token, result).ok());
  AddBuild(app.id(), kCommitB);
  EXPECT_EQ(List(Named("alice")).queued(0).last_seconds(), 7);
}

TEST_F(QueueTest, Others_SeeTheLineWithoutReasonsAndHosts) {
  const auto app = MakeApp(Named("alice"));
  AddBuild(app.id());
  const auto seen = List(Named("bob"));
  ASSERT_EQ(seen.queued_size(), 1);
  EXPECT_EQ(seen.queued(0).place(), 1);
  EXPECT_EQ(seen.queued(0).reason(), "");
  EXPECT_EQ(List(Named("bob"), true).queued_size(), 0);
  EXPECT_EQ(List(Root()).queued(0).reason(), "BuilderMissing");
}

TEST_F(QueueTest, Hosts_AreForAdmins_ThoseThatAreUpFirst) {
  const auto beat = [&](char id, const std::string& name) {
    model::Host host;
    host.id = HostId(std::string(22, id));
    host.name = name;
    host.roles = {"builder"};
    host.build_slots = 2;
    host.build_methods = {"runtime-cmd"};
    model::PluginState plugin;
    plugin.instance = "docker";
    plugin.config_schema = R"({"type":"object"})";
    host.plugins = {plugin};
    ASSERT_TRUE(store.store().hosts.Beat(host, std::chrono::minutes(1)).ok());
  };
  beat('a', "a-gone");
  clock.Advance(std::chrono::minutes(2));
  beat('f', "b-up");
  Claim(AddBuild(MakeApp(Named("alice")).id()));
  beat('f', "b-up");  // Claim wrote a plainer row
  EXPECT_EQ(Hosts(Named("alice")).status().code(), Code::kDenied);
  const auto hosts = Hosts(Root()).value();
  ASSERT_EQ(hosts.hosts_size(), 2);
  EXPECT_EQ(hosts.hosts(0).host().name(), "b-up");
  EXPECT_TRUE(hosts.hosts(0).up());
  EXPECT_EQ(hosts.hosts(0).running_builds(), 1);
  EXPECT_EQ(hosts.hosts(0).build_methods(0), "runtime-cmd");
  EXPECT_EQ(hosts.hosts(0).host().plugins(0).config_schema(), R"({"type":"object"})");
  EXPECT_FALSE(hosts.hosts(1).up());
  EXPECT_EQ(Hosts(Root(), true).value().hosts_size(), 1);
}

}  // namespace
}  // namespace ns::api
