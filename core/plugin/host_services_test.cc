// Host services as a plugin reaches them, through the SDK.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "ns/sdk/host.h"
#include "plugin/host_context.h"
#include "plugin/testing/host_fixture.h"
#include "supervise/testing/few_files.h"

namespace ns::plugin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class HostServicesTest : public PluginHostTest {
 protected:
  void SetUp() override {
    PluginHostTest::SetUp();
    std::filesystem::create_directories(data("x"));
    supervisor_ = std::make_unique<supervise::Supervisor>(folder_ + "/helpers", SystemClock());
    context_ = std::make_unique<HostContext>("x", data("x"), "home", "0.1.0", *supervisor_, &api_,
                                             SystemClock());
    sdk_ = sdk::Host(&context_->raw);
  }
  void TearDown() override {
    EXPECT_TRUE(supervise::Supervisor::StopAll(folder_ + "/helpers", SystemClock()).ok());
    PluginHostTest::TearDown();
  }
  template <class Use>
  static sdk::Error ErrorIn(const Use& use) {
    try {
      use();
    } catch (const sdk::Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {NS_E_UNKNOWN, "", ""};
  }

  std::unique_ptr<HostContext> context_;
  sdk::Host sdk_{nullptr};
  const sdk::Call call_;
};

TEST_F(HostServicesTest, Host_TellsWhoAndWhere) {
  EXPECT_EQ(sdk_.name(), "nsd");
  EXPECT_EQ(sdk_.version(), "0.1.0");
  EXPECT_EQ(sdk_.installation(), "home");
  EXPECT_EQ(sdk_.data_dir(), data("x"));
  EXPECT_EQ(context_->raw.service(&context_->raw, "ns.host.artifact/1"), nullptr);
}

TEST_F(HostServicesTest, State_KeepsListsAndRemoves) {
  const sdk::State state = sdk_.state();
  EXPECT_TRUE(state.List(call_).empty());
  EXPECT_EQ(state.Get(call_, "fence.a"), std::nullopt);
  state.Put(call_, "fence.b", "2");
  state.Put(call_, "fence.a", "1");
  state.Put(call_, "fence.a", std::string("n\0w", 3));
  state.Put(call_, "other", "3");
  EXPECT_EQ(state.Get(call_, "fence.a"), std::string("n\0w", 3));
  EXPECT_THAT(state.List(call_, "fence."), ElementsAre("fence.a", "fence.b"));
  state.Put(call_, "fence.a", "");
  state.Put(call_, "fence.a", "");  // again: nothing to remove
  EXPECT_THAT(state.List(call_), ElementsAre("fence.b", "other"));
}

// A plugin that was told of none would take what it keeps for lost.
TEST_F(HostServicesTest, State_ThatCannotBeListed_IsAFailureAndNotEmpty) {
  const sdk::State state = sdk_.state();
  state.Put(call_, "fence.a", "1");
  {
    const supervise::FewFiles none(0);
    const sdk::Error failure = ErrorIn([&] { (void)state.List(call_); });
    EXPECT_EQ(failure.code(), NS_E_UNAVAILABLE);
    EXPECT_THAT(failure.message(), HasSubstr("listing " + data("x")));
  }
  EXPECT_THAT(state.List(call_), ElementsAre("fence.a"));
}

TEST_F(HostServicesTest, State_KeysAreNames) {
  for (const std::string& key :
       {std::string(), std::string(101, 'a'), std::string("a/b"), std::string("a b")}) {
    EXPECT_EQ(ErrorIn([&] { sdk_.state().Put(call_, key, "x"); }).code(), NS_E_INVALID) << key;
    EXPECT_EQ(ErrorIn([&] { (void)sdk_.state().Get(call_, key); }).code(), NS_E_INVALID) << key;
  }
  for (const std::string& key :
       {std::string(100, 'a'), std::string("."), std::string(".."), std::string("t-x")}) {
    sdk_.state().Put(call_, key, key);
    EXPECT_EQ(sdk_.state().Get(call_, key), key);
  }
  EXPECT_EQ(sdk_.state().List(call_).size(), 4u);
  EXPECT_THAT(ErrorIn([&] { sdk_.state().Put(call_, "a", std::string(65537, 'x')); }).message(),
              HasSubstr("64 KiB"));
}

TEST_F(HostServicesTest, Spawn_StartsAndStopsAHelperOfTheInstance) {
  sdk::Helper helper;
  helper.name = "sleeper";
  helper.argv = {"/bin/sleep", "1000"};
  sdk_.spawn().Ensure(call_, helper);
  const sdk::HelperState state = sdk_.spawn().StateOf("sleeper");
  EXPECT_EQ(state.phase, sdk::HelperPhase::kRunning);
  EXPECT_FALSE(state.adopted);
  EXPECT_EQ(::kill(static_cast<pid_t>(state.pid), 0), 0);
  EXPECT_EQ(supervisor_->State("x.sleeper").pid, state.pid);
  sdk_.spawn().Ensure(call_, helper);
  EXPECT_EQ(sdk_.spawn().StateOf("sleeper").pid, state.pid);
  sdk_.spawn().Stop(call_, "sleeper");
  EXPECT_EQ(sdk_.spawn().StateOf("sleeper").phase, sdk::HelperPhase::kStopped);
}

TEST_F(HostServicesTest, Spawn_ThatNeverGetsWell_EndsAtTheDeadline) {
  sdk::Helper helper;
  helper.name = "deaf";
  helper.argv = {"/bin/sleep", "1000"};
  helper.health_address = "unix:" + folder_ + "/nobody.sock";
  ns_call raw{};
  raw.struct_size = sizeof(raw);
  raw.cancel_fd = -1;
  raw.deadline_ns = (SystemClock().Monotonic() + 150ms).count();
  EXPECT_EQ(ErrorIn([&] { sdk_.spawn().Ensure(sdk::Call(&raw), helper); }).code(), NS_E_DEADLINE);
  helper.health_address = "somewhere";
  EXPECT_EQ(ErrorIn([&] { sdk_.spawn().Ensure(call_, helper); }).code(), NS_E_INVALID);
}

TEST_F(HostServicesTest, Api_TellsDescriptorsAndEntries) {
  EXPECT_EQ(sdk_.api().Descriptors(), "descriptors");
  const auto entries = sdk_.api().RawEntries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].path, "/hook/");
  EXPECT_TRUE(entries[0].post);
  EXPECT_FALSE(entries[0].get);
  EXPECT_EQ(entries[0].max_body, 10);
}

}  // namespace
}  // namespace ns::plugin
