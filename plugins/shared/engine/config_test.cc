#include "engine/config.h"

#include <gmock/gmock.h>

#include "ns/sdk/error.h"

namespace ns::engine {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr Machine kMachine{int64_t{8} << 30, 4};

Common Parse(const std::string& json, const Machine& machine) {
  return ConfigText(json, "engine-x").Limits(machine);
}

TEST(Config, Nothing_IsHalfTheMachine) {
  const Common config = Parse("", kMachine);
  EXPECT_EQ(config.memory, int64_t{4} << 30);
  EXPECT_EQ(config.cpu_millis, 2000);
  EXPECT_EQ(config.timeout, 30min);
  EXPECT_EQ(config.concurrency, 1);
}

TEST(Config, Units_AreUnderstood) {
  const Common config = Parse(
      R"({"memory":"256M","timeout":"20s","cpus":1.5,"cache":1024,"concurrency":3})", kMachine);
  EXPECT_EQ(config.memory, 256 << 20);
  EXPECT_EQ(config.timeout, 20s);
  EXPECT_EQ(config.cpu_millis, 1500);
  EXPECT_EQ(config.cache, 1024);
  EXPECT_EQ(config.concurrency, 3);
  EXPECT_EQ(Parse(R"({"timeout":"2h","memory":0})", kMachine).timeout, 2h);
  EXPECT_EQ(Parse(R"({"timeout":"168h"})", kMachine).timeout, 168h);
  EXPECT_EQ(Parse(R"({"memory":"25%"})", {1000, 4}).memory, 250);
  EXPECT_EQ(Parse(R"({"cpus":"75%"})", kMachine).cpu_millis, 3000);
}

TEST(Config, WhatCannotBe_IsRefusedWithItsName) {
  for (const auto& [json, says] : std::vector<std::pair<std::string, std::string>>{
           {R"({"memory":"256X"})", "memory is \"256X\""},
           {R"({"timeout":"soon"})", "timeout is \"soon\""},
           {R"({"timeout":0})", "timeout is 0"},
           {R"({"timeout":"169h"})", "timeout is longer than 7 days"},
           {R"({"memory":"99999999999T"})", "memory"},
           {R"({"memory":-1})", "memory"},
           {R"({"memory":"0%"})", "memory is \"0%\""},
           {R"({"cpus":"101%"})", "cpus is \"101%\""},
           {R"({"cpus":"two"})", "cpus"},
           {"[]", "JSON object"}}) {
    try {
      Parse(json, kMachine);
      ADD_FAILURE() << json;
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.reason(), NS_REASON_CONFIG_INVALID);
      EXPECT_THAT(error.message(), HasSubstr(says));
    }
  }
}

}  // namespace
}  // namespace ns::engine
