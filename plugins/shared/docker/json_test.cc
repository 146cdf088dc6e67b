#include "docker/json.h"

#include <gtest/gtest.h>

#include "ns/sdk/error.h"

namespace ns::docker {
namespace {

TEST(ParseContainer, Running_GivesWhatIsUsed) {
  const Container got = ParseContainer(R"({
    "Id":"abc","Created":"2026-11-25T02:41:16.5Z","Name":"/nsapp-a-1-1","Image":"sha256:1","RestartCount":3,
    "State":{"Status":"running","Pid":42,"ExitCode":0,"OOMKilled":true,"Error":"","StartedAt":"2026-11-25T02:41:17Z","Health":{"Status":"healthy"}},
    "Config":{"Image":"r/a@sha256:2","Labels":{"k":"v"},"StopSignal":"SIGQUIT"},
    "HostConfig":{"Memory":1048576,"NanoCpus":500000000,"PidsLimit":100,"RestartPolicy":{"Name":"unless-stopped"},
      "PortBindings":{"53/udp":[{"HostIp":"","HostPort":"5353"}],"80/tcp":[{"HostIp":"","HostPort":"8080"}]}},
    "NetworkSettings":{"Networks":{"nsapp-a":{"NetworkID":"n1","IPAddress":"10.1.0.2","IPAMConfig":{"IPv4Address":"10.1.0.2"}}}}})");
  Container expected;
  expected.id = "abc";
  expected.name = "nsapp-a-1-1";
  expected.image = "r/a@sha256:2";
  expected.image_id = "sha256:1";
  expected.state = "running";
  expected.health = "healthy";
  expected.restart_policy = "unless-stopped";
  expected.stop_signal = "SIGQUIT";
  expected.labels = {{"k", "v"}};
  expected.created = *ParseTime("2026-11-25T02:41:16.5Z");
  expected.started = *ParseTime("2026-11-25T02:41:17Z");
  expected.memory = 1048576;
  expected.nano_cpus = 500000000;
  expected.pids = 100;
  expected.pid = 42;
  expected.restarts = 3;
  expected.out_of_memory = true;
  expected.networks = {{"nsapp-a", {"n1", "10.1.0.2", "10.1.0.2"}}};
  expected.ports = {{false, 8080, 80}, {true, 5353, 53}};
  EXPECT_EQ(got, expected);
}

TEST(ParseContainer, MissingMembers_AreEmpty) {
  const Container got = ParseContainer(
      R"({"Id":"abc","State":null,"HostConfig":{"PidsLimit":null,"PortBindings":null}})");
  EXPECT_EQ(got.id, "abc");
  EXPECT_EQ(got.pids, 0);
  EXPECT_TRUE(got.ports.empty());
}

TEST(ParseContainer, NoJson_Throws) { EXPECT_THROW(ParseContainer("<html>"), sdk::Error); }

std::string ListOf(const std::string& state, const std::string& status,
                   const std::string& endpoint) {
  return R"([{"Id":"abc","Names":["/nsapp-a-1-1","/other/link"],"State":")" + state +
         R"(","Status":")" + status + R"(","Labels":{"k":"v"},"NetworkSettings":{"Networks":)" +
         R"({"nsapp-a":{"EndpointID":")" + endpoint + R"("}}}}])";
}

TEST(ParseContainers, Outline_IsTheSameWhileNothingHappens) {
  const auto got = ParseContainers(ListOf("running", "Up 2 minutes", "e1"));
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].id, "abc");
  EXPECT_EQ(got[0].name, "nsapp-a-1-1");
  EXPECT_EQ(got[0].state, "running");
  EXPECT_EQ(got[0].labels, (Labels{{"k", "v"}}));
  EXPECT_EQ(got, ParseContainers(ListOf("running", "Up 3 hours", "e1")));
  EXPECT_NE(got, ParseContainers(ListOf("exited", "Exited (0) 2 minutes ago", "")));
  EXPECT_NE(got, ParseContainers(ListOf("running", "Up 1 second", "e2"))) << "started again";
  EXPECT_NE(got, ParseContainers(ListOf("running", "Up 2 minutes (healthy)", "e1")));
  EXPECT_EQ(ParseContainers(ListOf("exited", "Exited (0) 2 minutes ago", "")),
            ParseContainers(ListOf("exited", "Exited (0) 3 minutes ago", "")));
  EXPECT_TRUE(ParseContainers("[]").empty());
}

TEST(ParseNetworks, List_GivesSubnets) {
  const auto got = ParseNetworks(
      R"([{"Id":"1","Name":"bridge","IPAM":{"Config":[{"Subnet":"172.17.0.0/16","Gateway":"172.17.0.1"}]},"Labels":{}},
                                     {"Id":"2","Name":"host","IPAM":{"Config":[]},"Labels":null}])");
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].subnet, "172.17.0.0/16");
  EXPECT_EQ(got[0].gateway, "172.17.0.1");
  EXPECT_EQ(got[1].subnet, "");
}

TEST(ParseTagTime, LastTag_IsGivenAndItsAbsenceIsTold) {
  EXPECT_EQ(ParseTagTime(R"({"Id":"a","Metadata":{"LastTagTime":"2026-11-25T02:41:16.5Z"}})"),
            ParseTime("2026-11-25T02:41:16.5Z"));
  EXPECT_FALSE(ParseTagTime(R"({"Id":"a","Metadata":{}})"));
}

TEST(ParseEvent, Die_GivesIdAndLabels) {
  const Event event = ParseEvent(
      R"({"Type":"container","Action":"die","Actor":{"ID":"x","Attributes":{"neoshowcase.app":"a","exitCode":"1"}}})");
  EXPECT_EQ(event.type, "container");
  EXPECT_EQ(event.action, "die");
  EXPECT_EQ(event.id, "x");
  EXPECT_EQ(event.attributes.at("neoshowcase.app"), "a");
}

TEST(ParseMessage, TextThatIsNoJson_IsTheMessage) {
  EXPECT_EQ(ParseMessage(R"({"message":"no such"})"), "no such");
  EXPECT_EQ(ParseMessage("page not found"), "page not found");
}

TEST(ParsePullError, Lines_OnlyErrorsCount) {
  EXPECT_EQ(ParsePullError(R"({"status":"Pulling"})"), "");
  EXPECT_EQ(ParsePullError(R"({"errorDetail":{"message":"gone"},"error":"gone"})"), "gone");
}

TEST(RenderContainer, Everything_IsInItsPlace) {
  ContainerSpec spec;
  spec.name = "n";
  spec.image = "i@sha256:1";
  spec.labels = {{"a", "b"}};
  spec.env = {"K=v\n\"w\""};
  spec.command = {"run", "it"};
  spec.network = "net";
  spec.address = "10.0.0.2";
  spec.memory = 1024;
  spec.nano_cpus = 5;
  spec.pids = 7;
  spec.ports = {{false, 8080, 80}, {true, 53, 53}};
  spec.health = {{"/check", "80"},
                 std::chrono::seconds(1),
                 std::chrono::seconds(2),
                 std::chrono::seconds(3),
                 {},
                 4};
  EXPECT_EQ(
      RenderContainer(spec),
      R"({"Image":"i@sha256:1","Labels":{"a":"b"},"Env":["K=v\n\"w\""],"Cmd":["run","it"],)"
      R"("Healthcheck":{"Test":["CMD","/check","80"],"Retries":4,"Interval":1000000000,"Timeout":2000000000,"StartPeriod":3000000000},)"
      R"("ExposedPorts":{"80/tcp":{},"53/udp":{}},)"
      R"("HostConfig":{"NetworkMode":"net","RestartPolicy":{"Name":"no"},"Memory":1024,"MemorySwap":1024,"NanoCpus":5,"PidsLimit":7,)"
      R"("SecurityOpt":["no-new-privileges"],"LogConfig":{"Type":"json-file","Config":{"max-size":"10485760","max-file":"2"}},)"
      R"("PortBindings":{"80/tcp":[{"HostPort":"8080"}],"53/udp":[{"HostPort":"53"}]}},)"
      R"("NetworkingConfig":{"EndpointsConfig":{"net":{"IPAMConfig":{"IPv4Address":"10.0.0.2"}}}}})");
}

TEST(RenderAuth, UserAndPassword_AreUrlSafeBase64) {
  EXPECT_EQ(RenderAuth("u", "p", "r"),
            "eyJ1c2VybmFtZSI6InUiLCJwYXNzd29yZCI6InAiLCJzZXJ2ZXJhZGRyZXNzIjoiciJ9");
  EXPECT_EQ(RenderAuth("us", "p", "r").substr(0, 24), "eyJ1c2VybmFtZSI6InVzIiwi");
  EXPECT_TRUE(RenderAuth("us", "p", "r").ends_with("="));
  EXPECT_EQ(RenderAuth("", "p", "r"), "");
}

TEST(RenderUnstarted, Spec_IsAContainerThatCouldNotRun) {
  EXPECT_EQ(RenderUnstarted({"n", "a/b:1", {{"k", "v"}}}),
            R"({"Image":"a/b:1","Labels":{"k":"v"},"Entrypoint":["/never-started"],)"
            R"("NetworkDisabled":true,"HostConfig":{"NetworkMode":"none"}})");
}

TEST(ParsePathStat, FolderFileAndLink_AreToldApart) {
  // {"name":"a","size":1,"mode":M,"mtime":"...","linkTarget":"..."} as the Engine writes it
  EXPECT_EQ(ParsePathStat("eyJtb2RlIjoyMTQ3NDg0MTQxLCJsaW5rVGFyZ2V0IjoiIn0="),
            (PathStat{true, false, ""}));
  EXPECT_EQ(ParsePathStat("eyJtb2RlIjo0MjB9"), (PathStat{false, false, ""}));
  EXPECT_EQ(ParsePathStat("eyJtb2RlIjoxMzQyMTgyMzksImxpbmtUYXJnZXQiOiIvZXRjL8O/Pz4ifQ=="),
            (PathStat{false, true, "/etc/\xC3\xBF?>"}));
  EXPECT_THROW(ParsePathStat("not base64"), sdk::Error);
}

TEST(RenderFilters, Labels_AreAnObjectOfArrays) {
  EXPECT_EQ(RenderFilters({{"label", {"a=b", "c=d"}}}), R"({"label":["a=b","c=d"]})");
}

TEST(ParseTime, Fractions_AreMicroseconds) {
  const UtcTime at(std::chrono::microseconds(1'795'574'476'123'456));
  EXPECT_EQ(ParseTime("2026-11-25T02:41:16.123456789Z"), at);
  EXPECT_EQ(ParseTime("2026-11-25T02:41:16Z"), at - std::chrono::microseconds(123'456));
  EXPECT_EQ(ParseTime("2026-11-25T02:41:16.1Z"), at - std::chrono::microseconds(23'456));
}

TEST(ParseTime, Otherwise_IsNothing) {
  for (const char* text :
       {"", "now", "2026-13-25T02:41:16Z", "2026-11-25T02:41:16", "2026-11-25T02:41:16.5+01:00"})
    EXPECT_EQ(ParseTime(text), std::nullopt) << text;
}

TEST(Json, Stats_AreUsage) {
  EXPECT_EQ(
      ParseStats(R"({"cpu_stats":{"cpu_usage":{"total_usage":7000}},"memory_stats":{"usage":900,
      "stats":{"inactive_file":400}},"networks":{"eth0":{"rx_bytes":1,"tx_bytes":2},
      "eth1":{"rx_bytes":10,"tx_bytes":20}}})"),
      (Usage{7000, 500, 11, 22}));
  EXPECT_EQ(
      ParseStats(R"({"cpu_stats":{"cpu_usage":{"total_usage":7000}},"memory_stats":{"usage":900,
      "stats":{"inactive_file":400,"total_inactive_file":100}}})"),
      (Usage{7000, 800, -1, -1}))
      << "version 1 of control groups, without a network";
  EXPECT_EQ(ParseStats(R"({"cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{}})"),
            std::nullopt);
}

}  // namespace
}  // namespace ns::docker
