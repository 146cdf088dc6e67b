#include "host/storage_health.h"

#include <gtest/gtest.h>

#include <future>

#include "ports/testing/fake_storage.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

// Tells when it is looked at.
class Watched final : public ports::testing::FakeStorage {
 public:
  Status Check(const ports::Call& call) override {
    EXPECT_TRUE(call.deadline.has_value());
    const Status status = FakeStorage::Check(call);
    if (!looked_) looked_at.set_value();
    looked_ = true;
    return status;
  }
  std::promise<void> looked_at;

 private:
  bool looked_ = false;
};

std::vector<plugin::Loaded> As(ports::Storage& storage) {
  plugin::Loaded loaded;
  loaded.instance = "local";
  loaded.storage = &storage;
  return {loaded};
}

std::vector<model::PluginState> States() {
  model::PluginState storage, other;
  storage.instance = "local";
  storage.kind = plugin::kStorageKind;
  other.instance = "other";
  storage.healthy = other.healthy = true;
  return {storage, other};
}

// The look is stored a moment after it was made.
std::vector<model::PluginState> StatesOnce(StorageHealth& health, bool well) {
  for (int i = 0; i < 1000; ++i) {
    auto states = States();
    health.AddTo(states);
    if (states[0].healthy == well) return states;
    std::this_thread::sleep_for(5ms);
  }
  return States();
}

TEST(StorageHealth, Broken_ItsStateSaysWhy) {
  Watched storage;
  storage.FailWith(Status(Code::kUnavailable, "DiskFull", "no room"));
  StorageHealth health("local", As(storage), SystemClock());
  storage.looked_at.get_future().wait();
  const auto states = StatesOnce(health, false);
  EXPECT_FALSE(states[0].healthy);
  EXPECT_EQ(states[0].reason, "DiskFull");
  EXPECT_EQ(states[0].message, "no room");
  EXPECT_TRUE(states[1].healthy);
}

TEST(StorageHealth, WellOrNone_StatesStay) {
  Watched storage;
  StorageHealth health("local", As(storage), SystemClock()), none("gone", {}, SystemClock());
  storage.looked_at.get_future().wait();
  EXPECT_TRUE(StatesOnce(health, true)[0].healthy);
  auto states = States();
  none.AddTo(states);
  EXPECT_TRUE(states[0].healthy);
}

// A plugin that refuses for a reason of its own keeps that.
TEST(StorageHealth, OtherReason_IsKept) {
  Watched storage;
  storage.FailWith(Unavailable("away"));
  StorageHealth health("local", As(storage), SystemClock());
  StatesOnce(health, false);
  auto states = States();
  states[0].healthy = false;
  states[0].reason = "PluginFenced";
  health.AddTo(states);
  EXPECT_EQ(states[0].reason, "PluginFenced");
}

}  // namespace
}  // namespace ns::host
