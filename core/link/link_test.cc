#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "link/client.h"
#include "link/server.h"
#include "ports/newest_lines.h"

namespace ns::link {
namespace {

using testing::HasSubstr;

class FakeBackend final : public ports::Backend {
 public:
  Status Apply(const ports::Call&, const model::DesiredApp&) override { return Status(); }
  Status Remove(const ports::Call&, const AppId&, const model::Fence&) override { return Status(); }
  Result<std::vector<model::ObservedApp>> Survey(const ports::Call&,
                                                 const std::vector<AppId>&) override {
    return std::vector<model::ObservedApp>();
  }
  Result<model::ObservedApp> Observe(const ports::Call&, const AppId&) override {
    return model::ObservedApp();
  }
  Status Watch(const ports::Call&, const std::function<void(const AppId&)>&) override {
    return Status();
  }
  Result<std::vector<model::LogLine>> Logs(const ports::Call&,
                                           const ports::LogQuery& query) override {
    asked = query;
    if (!failure.ok()) return failure;
    return lines;
  }
  Result<std::vector<model::ReplicaUsage>> Usages(const ports::Call&) override {
    return std::vector<model::ReplicaUsage>();
  }
  ports::LogQuery asked;
  std::vector<model::LogLine> lines;
  Status failure;
};

class FakeHosts final : public ports::HostStore {
 public:
  Result<std::vector<HostId>> Beat(const model::Host&, Duration) override {
    return std::vector<HostId>();
  }
  Result<std::vector<model::Host>> List(Duration) override { return hosts; }
  Status Leave(const HostId&) override { return Status(); }
  std::vector<model::Host> hosts;
};

class Link : public testing::Test {
 protected:
  Link() {
    char name[] = "/tmp/ns-link-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~Link() override { std::filesystem::remove_all(folder_); }

  void Serve() {
    auto server = Server::Listen(folder_ + "/link.sock", HostId("h"), {{"docker", &backend_}});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(*server);
    model::PluginState plugin;
    plugin.instance = "docker";
    plugin.healthy = true;
    model::Host host;
    host.link_address = server_->address();
    host.plugins = {plugin};
    hosts_.hosts = {host};
  }

  std::string folder_;
  FakeBackend backend_;
  FakeHosts hosts_;
  std::unique_ptr<Server> server_;
  Client client_{hosts_};
};

TEST_F(Link, Output_AllFieldsBothWays) {
  Serve();
  const Time at(std::chrono::microseconds(1'700'000'000'123'456));
  backend_.lines = {{at, "stdout", "hello"},
                    {at + std::chrono::microseconds(1), "stderr", "wor\0ld"}};
  const ports::LogQuery query{AppId("a"), at, at - std::chrono::hours(1), 7};
  const auto lines = client_.Output({}, "docker", query);
  ASSERT_TRUE(lines.ok()) << lines.status().ToString();
  EXPECT_EQ(*lines, backend_.lines);
  EXPECT_EQ(backend_.asked.app, query.app);
  EXPECT_EQ(backend_.asked.before, query.before);
  EXPECT_EQ(backend_.asked.since, query.since);
  EXPECT_EQ(backend_.asked.limit, 7);
}

TEST_F(Link, Output_OfAsMuchAsAnAnswerHolds_ComesWhole) {
  Serve();
  for (const size_t length : {size_t{0}, size_t{80}, ports::kLongestLine}) {
    ports::LogQuery query;
    query.limit = 100'000;
    ports::NewestLines newest(query);
    const Time at(std::chrono::microseconds(1'700'000'000'123'456));
    for (size_t i = 0; i < ports::kMostOutput / (length + 64) + 1; ++i)
      newest.Put({at, "stdout", std::string(length, 'x')});
    backend_.lines = newest.Take();
    const auto lines = client_.Output({}, "docker", query);
    ASSERT_TRUE(lines.ok()) << length << ": " << lines.status().ToString();
    EXPECT_EQ(*lines, backend_.lines);
  }
}

TEST_F(Link, Failure_KeepsCodeReasonAndMessage) {
  Serve();
  backend_.failure = Status(Code::kNotFound, "NeverDeployed", "nothing was deployed");
  const Status status = client_.Output({}, "docker", {}).status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.reason(), "NeverDeployed");
  EXPECT_EQ(status.message(), "nothing was deployed");
}

TEST_F(Link, NoHostLoadsIt_SaysSo) {
  Serve();
  const Status status = client_.Output({}, "other", {}).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "BackendHostAway");
  EXPECT_THAT(status.message(), HasSubstr("\"other\""));
}

TEST_F(Link, HostGone_UnavailableAtOnce_AndBackAgain) {
  Serve();
  ASSERT_TRUE(client_.Output({}, "docker", {}).ok());
  server_.reset();
  EXPECT_EQ(client_.Output({}, "docker", {}).status().reason(), "BackendHostAway");
  Serve();
  const Duration give_up = SystemClock().Monotonic() + std::chrono::seconds(30);
  Status last;
  do {
    last = client_.Output({}, "docker", {}).status();
  } while (!last.ok() && SystemClock().Monotonic() < give_up);
  EXPECT_TRUE(last.ok()) << last.ToString();
}

}  // namespace
}  // namespace ns::link
