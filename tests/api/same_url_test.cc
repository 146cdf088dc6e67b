// Two gateways are asked for one URL at the same moment, a thousand times: one application has it.
#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <cstdio>
#include <thread>

#include "gateway.h"
#include "store/connection.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 1000;

std::string FieldOf(const Status& refusal) {
  google::rpc::Status wire;
  wire.ParseFromString(refusal.details());
  google::rpc::BadRequest bad;
  for (const auto& detail : wire.details()) {
    if (detail.UnpackTo(&bad) && bad.field_violations_size() == 1)
      return bad.field_violations(0).field();
  }
  return "";
}

int Count(store::Connection& connection, const std::string& sql) {
  const store::Rows rows = connection.Run("SELECT count(*)::int FROM " + sql).value();
  int count = 0;
  store::Row row = rows[0];
  row >> count;
  return count;
}

class SameUrl : public ::testing::Test {
 protected:
  SameUrl() {
    for (size_t i = 0; i < 2; ++i)
      repositories_[i] = gateways_[i].NewRepository(kUsers[i], "https://git.test/" + kUsers[i]);
  }

  std::string Request(size_t who, int round) const {
    pb::CreateApplicationRequest in;
    in.set_name(kUsers[who] + std::to_string(round));
    in.set_repository_id(repositories_[who]);
    in.set_ref_name("main");
    in.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("Dockerfile");
    auto* website = in.add_websites();
    // Every other round the two spell it in two ways.
    website->set_fqdn(who == 0 || round % 2 == 0 ? "race.apps.test" : "RACE.apps.test");
    website->set_path_prefix((who == 0 || round % 2 == 0 ? "/r" : "/%72") + std::to_string(round));
    return in.SerializeAsString();
  }

  static inline const std::array<std::string, 2> kUsers = {"alice", "bob"};
  const std::string connection_ = store::testing::Postgres().NewDatabase();
  std::array<Gateway, 2> gateways_{Gateway(connection_), Gateway(connection_)};
  std::array<std::string, 2> repositories_;
};

TEST_F(SameUrl, AskedForTwiceAtOnce_IsHadOnce) {
  std::array<std::array<Status, kRounds>, 2> answers;
  {
    std::barrier together(2);
    std::array<std::jthread, 2> callers;
    for (size_t who = 0; who < 2; ++who) {
      callers[who] = std::jthread([&, who] {
        for (int round = 0; round < kRounds; ++round) {
          const std::string request = Request(who, round);
          together.arrive_and_wait();
          answers[who][static_cast<size_t>(round)] =
              gateways_[who].Invoke(kUsers[who], "CreateApplication", request).status();
        }
      });
    }
  }
  std::array<int, 2> won{};
  for (size_t round = 0; round < kRounds; ++round) {
    ASSERT_NE(answers[0][round].ok(), answers[1][round].ok())
        << "round " << round << ": " << answers[0][round].ToString() << " and "
        << answers[1][round].ToString();
    const size_t winner = answers[0][round].ok() ? 0 : 1;
    ++won[winner];
    const Status& refused = answers[1 - winner][round];
    EXPECT_EQ(refused.code(), Code::kExists) << refused.ToString();
    EXPECT_EQ(refused.reason(), "AddressTaken");
    EXPECT_EQ(FieldOf(refused), "websites[0].fqdn");
  }
  std::printf("%d times the one, %d times the other\n", won[0], won[1]);
  // Nothing of those that lost is left.
  auto look = store::Connection::Open(connection_, 10s, 60s).value();
  EXPECT_EQ(Count(*look, "applications"), kRounds);
  EXPECT_EQ(Count(*look, "websites"), kRounds);
  EXPECT_EQ(Count(*look, "(SELECT DISTINCT path_prefix FROM websites) AS paths"), kRounds);
  EXPECT_EQ(Count(*look, "application_owners"), kRounds);
  EXPECT_EQ(Count(*look, "events WHERE kind = 'app.created'"), kRounds);
  EXPECT_EQ(Count(*look, "audit_events WHERE method LIKE '%/CreateApplication'"), 2 * kRounds);
}

}  // namespace
}  // namespace ns::api
