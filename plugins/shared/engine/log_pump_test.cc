#include "engine/log_pump.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace ns::engine {
namespace {

using namespace std::chrono_literals;

// Takes nothing until it may.
class Receiver {
 public:
  const sdk::ByteSink& sink() const { return sink_; }
  void Open() { open_.set_value(); }
  std::string text;
  ns_status answer = NS_OK;
  std::atomic<bool> entered = false;

 private:
  static ns_status Take(void* self, ns_bytes bytes) noexcept {
    auto& receiver = *static_cast<Receiver*>(self);
    receiver.entered = true;
    receiver.opened_.wait();
    receiver.text += sdk::View(bytes);
    return receiver.answer;
  }
  std::promise<void> open_;
  const std::shared_future<void> opened_ = open_.get_future().share();
  const sdk::ByteSink sink_{ns_sink{this, &Take}};
};

TEST(LogPump, ReceiverThatStandsStill_HoldsUpNobodyAndMissesNothing) {
  Receiver receiver;
  std::string said;
  const sdk::Call call;
  {
    LogPump pump(call, receiver.sink());
    EXPECT_FALSE(pump.Full());
    for (int i = 0; i < 300'000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      said += line;
      pump.sink().Write(line);
    }
    EXPECT_TRUE(pump.Full());
    receiver.Open();
  }
  EXPECT_EQ(receiver.text, said);
}

TEST(LogPump, MoreThanIsKept_IsSaidOnce) {
  Receiver receiver;
  const sdk::Call call;
  {
    LogPump pump(call, receiver.sink());
    pump.sink().Write("x");
    while (!receiver.entered) std::this_thread::sleep_for(1ms);
    for (int i = 0; i < 100; ++i) pump.sink().Write(std::string(1 << 20, 'x'));
    receiver.Open();
  }
  EXPECT_LE(receiver.text.size(), size_t{66} << 20);
  const size_t said = receiver.text.find("#log clipped");
  EXPECT_NE(said, std::string::npos);
  EXPECT_EQ(receiver.text.find("#log clipped", said + 1), std::string::npos);
}

TEST(LogPump, ReceiverThatRefuses_EndsTheBuild) {
  Receiver receiver;
  receiver.answer = NS_E_CANCELLED;
  receiver.Open();
  const sdk::Call call;
  LogPump pump(call, receiver.sink());
  const auto until = std::chrono::steady_clock::now() + 10s;
  const auto write_on = [&] {
    while (std::chrono::steady_clock::now() < until) pump.sink().Write("x");
  };
  EXPECT_THROW(write_on(), sdk::Stopped);
}

}  // namespace
}  // namespace ns::engine
