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
constexpr int kBatch = 50;  // then the winners are removed: each write looks at all that is held

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

  // Both ask at once, `kBatch` times. Which of them had it, each time.
  std::array<int, 2> Race(int first) {
    std::array<std::array<Status, kBatch>, 2> answers;
    {
      std::barrier together(2);
      std::array<std::jthread, 2> callers;
      for (size_t who = 0; who < 2; ++who) {
        callers[who] = std::jthread([&, who] {
          for (int i = 0; i < kBatch; ++i) {
            const std::string request = Request(who, first + i);
            together.arrive_and_wait();
            answers[who][static_cast<size_t>(i)] =
                gateways_[who].Invoke(kUsers[who], "CreateApplication", request).status();
          }
        });
      }
    }
    std::array<int, 2> won{};
    for (size_t i = 0; i < kBatch; ++i) {
      const size_t winner = answers[0][i].ok() ? 0 : 1;
      ++won[winner];
      EXPECT_TRUE(answers[winner][i].ok()) << answers[winner][i].ToString();
      const Status& refused = answers[1 - winner][i];
      EXPECT_EQ(refused.code(), Code::kExists) << refused.ToString();
      EXPECT_EQ(refused.reason(), "AddressTaken");
      EXPECT_EQ(FieldOf(refused), "websites[0].fqdn");
    }
    return won;
  }

  static inline const std::array<std::string, 2> kUsers = {"alice", "bob"};
  const std::string connection_ = store::testing::Postgres().NewDatabase();
  std::array<Gateway, 2> gateways_{Gateway(connection_), Gateway(connection_)};
  std::array<std::string, 2> repositories_;
};

TEST_F(SameUrl, AskedForTwiceAtOnce_IsHadOnce) {
  auto look = store::Connection::Open(connection_, 10s, 60s).value();
  std::array<int, 2> won{};
  for (int round = 0; round < kRounds; round += kBatch) {
    const auto batch = Race(round);
    for (size_t who = 0; who < 2; ++who) won[who] += batch[who];
    // Nothing of those that lost is left.
    EXPECT_EQ(Count(*look, "applications"), kBatch);
    EXPECT_EQ(Count(*look, "websites"), kBatch);
    EXPECT_EQ(Count(*look, "(SELECT DISTINCT path_prefix FROM websites) AS paths"), kBatch);
    EXPECT_EQ(Count(*look, "application_owners"), kBatch);
    if (HasFailure()) return;
    ASSERT_TRUE(look->RunScript("DELETE FROM applications").ok());
  }
  std::printf("%d times the one, %d times the other\n", won[0], won[1]);
  EXPECT_EQ(won[0] + won[1], kRounds);
  EXPECT_EQ(Count(*look, "events WHERE kind = 'app.created'"), kRounds);
  EXPECT_EQ(Count(*look, "audit_events WHERE method LIKE '%/CreateApplication'"), 2 * kRounds);
}

}  // namespace
}  // namespace ns::api
