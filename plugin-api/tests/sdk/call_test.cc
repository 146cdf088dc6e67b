#include "ns/sdk/call.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <future>

#include "ns/sdk/host.h"

namespace ns::sdk {
namespace {

using namespace std::chrono_literals;

struct FakeCall {
  ns_call raw{};
  std::atomic<bool> cancelled{false};
  explicit FakeCall(int fd) {
    raw.struct_size = sizeof(raw);
    raw.cancel_fd = fd;
    raw.host_data = this;
    raw.cancelled = [](const ns_call* call) noexcept -> int32_t {
      return static_cast<FakeCall*>(call->host_data)->cancelled ? 1 : 0;
    };
  }
};

ns_status CodeOfWait(const Call& call, Call::Clock::duration time) {
  try {
    call.Wait(time);
    return NS_OK;
  } catch (const Error& error) {
    return error.code();
  }
}

TEST(CallTest, NoHost_NeverEnds) {
  const Call call;
  EXPECT_FALSE(call.Cancelled());
  EXPECT_FALSE(call.Deadline());
  EXPECT_EQ(call.Remaining(3s), 3s);
  EXPECT_EQ(CodeOfWait(call, 2ms), NS_OK);
}

TEST(CallTest, Deadline_EndsAWait) {
  FakeCall fake(-1);
  fake.raw.deadline_ns =
      std::chrono::nanoseconds((Call::Clock::now() + 5ms).time_since_epoch()).count();
  const Call call(&fake.raw);
  EXPECT_LE(call.Remaining(1h), 5ms);
  EXPECT_EQ(CodeOfWait(call, 1h), NS_E_DEADLINE);
  EXPECT_EQ(call.Remaining(1h), 0ns);
}

// Time that passes only by waiting.
class StillTime final : public Timing {
 public:
  Nanoseconds Monotonic() const override { return now_; }
  void WaitOnce(int, Nanoseconds most) const override { now_ += most; }

 private:
  mutable Nanoseconds now_{};
};

TEST(CallTest, GivenTime_IsWaitedInAndEndsAtTheDeadline) {
  const StillTime time;
  FakeCall fake(-1);
  fake.raw.deadline_ns = Nanoseconds(10h).count();
  const Call call(&fake.raw, time);
  EXPECT_EQ(CodeOfWait(call, 9h), NS_OK);
  EXPECT_EQ(time.Monotonic(), 9h);
  EXPECT_EQ(CodeOfWait(call, 9h), NS_E_DEADLINE);
  EXPECT_EQ(time.Monotonic(), 10h);
}

TEST(CallTest, Cancellation_EndsAWait_WithAndWithoutADescriptor) {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  for (const int cancel_fd : {fd, -1}) {
    FakeCall fake(cancel_fd);
    auto waiting = std::async(std::launch::async, [&] { return CodeOfWait(Call(&fake.raw), 1h); });
    EXPECT_EQ(waiting.wait_for(10ms), std::future_status::timeout);
    fake.cancelled = true;
    ::eventfd_write(fd, 1);
    EXPECT_EQ(waiting.get(), NS_E_CANCELLED);
  }
  ::close(fd);
}

TEST(HostTest, AbsentServices_AreHarmlessOrSaySo) {
  const Host host;
  host.log().Info("nobody hears this", {{"a", "b"}});
  EXPECT_FALSE(host.api().offered());
  try {
    host.state().Put(Call(), "a", "b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), NS_E_UNSUPPORTED);
    EXPECT_NE(error.message().find("ns.host.state/1"), std::string::npos);
  }
}

}  // namespace
}  // namespace ns::sdk
