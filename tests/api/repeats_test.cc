// Idempotency keys over two gateways, and what is to be found of them in the database.
#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <thread>

#include "gateway.h"
#include "store/connection.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 50;

class RepeatedCalls : public ::testing::Test {
 protected:
  static std::string Request(int round) {
    pb::CreateRepositoryRequest in;
    in.set_name("shop");
    in.set_url("https://git.test/" + std::to_string(round));
    in.mutable_auth()->mutable_none();
    return in.SerializeAsString();
  }
  const std::string connection_ = store::testing::Postgres().NewDatabase();
  std::array<Gateway, 2> gateways_{Gateway(connection_), Gateway(connection_)};
};

TEST_F(RepeatedCalls, AtTwoGatewaysAtOnce_AreCarriedOutOnce) {
  using Answers = std::array<Result<std::string>, 2>;
  for (int round = 0; round < kRounds; ++round) {
    Answers answers{Internal("unasked"), Internal("unasked")};
    std::barrier together(2);
    {
      std::array<std::jthread, 2> callers;
      for (size_t who = 0; who < 2; ++who) {
        callers[who] = std::jthread([&, who] {
          together.arrive_and_wait();
          do {
            answers[who] = gateways_[who].Invoke("alice", "CreateRepository", Request(round),
                                                 "key-" + std::to_string(round));
          } while (answers[who].status().reason() == "CallUnderWay");
        });
      }
    }
    ASSERT_TRUE(answers[0].ok()) << answers[0].status().ToString();
    ASSERT_TRUE(answers[1].ok()) << answers[1].status().ToString();
    EXPECT_EQ(*answers[0], *answers[1]);
  }
  EXPECT_EQ(gateways_[0].store().repositories.List()->size(), static_cast<size_t>(kRounds));
}

TEST_F(RepeatedCalls, KeepNothingInClear) {
  pb::CreateRepositoryRequest in;
  in.set_name("visible in the answer");
  in.set_url("https://git.test/x");
  in.mutable_auth()->mutable_basic()->set_username("bot");
  in.mutable_auth()->mutable_basic()->set_password("hunter2");
  ASSERT_TRUE(
      gateways_[0].Invoke("alice", "CreateRepository", in.SerializeAsString(), "my-key").ok());
  auto look = store::Connection::Open(connection_, 10s, 60s).value();
  for (const char* table : {"repeatable_calls", "audit_events"}) {
    const store::Rows rows =
        look->Run(std::string("SELECT string_agg(encode(convert_to(t::text, 'UTF8'), 'escape'), "
                              "'') || coalesce((SELECT string_agg(encode(answer_sealed, "
                              "'escape'), '') FROM repeatable_calls), '') FROM ") +
                  table + " AS t")
            .value();
    std::string all;
    store::Row row = rows[0];
    row >> all;
    ASSERT_TRUE(row.status().ok());
    EXPECT_GT(all.size(), 40U) << table;
    for (const char* clear : {"visible in the answer", "hunter2", "my-key"})
      EXPECT_EQ(all.find(clear), std::string::npos) << table << ": " << clear;
  }
}

}  // namespace
}  // namespace ns::api
