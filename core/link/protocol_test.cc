// The protocol of builders without a network: who is let in, messages and values, answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "link/admission.h"
#include "link/conversation.h"
#include "link/testing/link_world.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IdOf;
using ::testing::SizeIs;
using wire::BuilderMessage;

const KnownHost kBuilder{"builder-1", Secret("a long token of one"), {"builder"}};
const KnownHost kServices{"edge", Secret("a long token of two"), {"services", "builder"}};

Code Admitted(const Admission& admission, const Credentials& shown, std::string_view role) {
  return admission.Admit(shown, role).status().code();
}

TEST(Admission, Token_NamesTheHostAndItsRolesBoundIt) {
  const Admission admission({kBuilder, kServices}, false);
  EXPECT_EQ(admission.Admit({"Bearer a long token of one", {}}, "builder").value(), "builder-1");
  EXPECT_EQ(admission.Admit({"Bearer a long token of two", {}}, "builder").value(), "edge");
  EXPECT_EQ(Admitted(admission, {"Bearer a long token of one", {}}, "services"), Code::kDenied);
  for (const char* wrong :
       {"", "Bearer ", "Bearer a long token of on", "Bearer a long token of onee",
        "a long token of one", "bearer a long token of one"}) {
    EXPECT_EQ(Admitted(admission, {wrong, {}}, "builder"), Code::kUnauthenticated) << wrong;
  }
  EXPECT_EQ(Admitted(admission, {"", {"builder-1"}}, "builder"), Code::kUnauthenticated)
      << "no certificate counts that nobody has verified";
}

TEST(Admission, Certificate_MustNameTheHostAndTheTokenIsWantedBesides) {
  KnownHost bare = kServices;
  bare.token = Secret();
  const Admission admission({kBuilder, bare}, true);
  EXPECT_EQ(admission.Admit({"", {"x", "edge"}}, "services").value(), "edge");
  EXPECT_EQ(admission.Admit({"Bearer a long token of one", {"builder-1"}}, "builder").value(),
            "builder-1");
  EXPECT_EQ(Admitted(admission, {"", {"builder-1"}}, "builder"), Code::kUnauthenticated);
  EXPECT_EQ(Admitted(admission, {"Bearer a long token of one", {"other"}}, "builder"),
            Code::kUnauthenticated)
      << "a stolen token";
}

TEST(Security, PlainText_OnThisMachineOnly) {
  for (const char* local : {"127.0.0.1:1", "localhost:1", "[::1]:1", "unix:/a"}) {
    EXPECT_FALSE(SpeaksTls(local, {})) << local;
    EXPECT_TRUE(SpeaksTls(local, {{}, "", {}, "ca"})) << local;
  }
  for (const char* away : {"10.0.0.1:1", "example.com:1", "localhost.example.com:1", "[::2]:1",
                           "127.evil.example.com:1", "127.0.0.1.example.com:1", "128.0.0.1:1"})
    EXPECT_TRUE(SpeaksTls(away, {})) << away;
}

template <class Value, class Message>
auto ThereAndBack(const Value& value) {
  Message sent, received;
  ToWire(value, sent);
  EXPECT_TRUE(received.ParseFromString(sent.SerializeAsString()));
  return FromWire(received);
}

TEST(BuilderWire, Values_ThereAndBack) {
  const ports::BuildOrder order = testing::AnOrder();
  EXPECT_EQ((ThereAndBack<ports::BuildOrder, wire::Order>(order)).value(), order);
  const std::vector<model::Build> builds = {testing::ClaimedBuild()};
  EXPECT_EQ((ThereAndBack<std::vector<model::Build>, wire::Claims>(builds)).value(), builds);
  model::Host host;
  host.build_slots = 3;
  host.build_methods = {"runtime-cmd", "own"};
  host.plugins = {
      {"engine", "engine-docker", "ns.engine/1", "1.0", true, false, "Down", "why", "{}"}};
  EXPECT_EQ((ThereAndBack<model::Host, wire::HostState>(host)).value(), host);
}

TEST(BuilderWire, Result_ThereAndBack_WhateverItsWords) {
  model::BuildResult result;
  result.status = model::BuildStatus::kQueued;
  result.outcome = Status(Code::kUnavailable, "RegistryUnavailable", "no \xff text\n");
  result.outcome.SetFault(Fault::kPlatform).SetRetryAfter(1500ms);
  result.image = {"r/app:1-1", "sha256:abc", 1'234'567'890'123};
  result.retry_in = 7s + 5ns;
  const auto back = ThereAndBack<model::BuildResult, wire::Settle>(result).value();
  EXPECT_EQ(back.status, result.status);
  EXPECT_EQ(back.outcome, result.outcome);
  EXPECT_EQ(back.image, result.image);
  EXPECT_EQ(back.retry_in, result.retry_in);
}

TEST(BuilderWire, WhatIsTooLong_IsCutBeforeItIsSent) {
  model::BuildResult result;
  result.outcome = Status(Code::kInternal, std::string(10'000, 'r'), std::string(10 << 20, 'm'));
  result.image.size = -1;
  result.retry_in = 1000h;
  wire::Settle settle;
  ToWire(result, settle);
  EXPECT_TRUE(FromWire(settle).ok());
  EXPECT_LT(settle.ByteSizeLong(), 100'000u);
}

TEST(BuilderWire, UnknownNumbers_AreBroken) {
  wire::Settle settle;
  EXPECT_EQ(FromWire(settle).status().reason(), "ProtocolBroken") << "no status";
  settle.set_status(static_cast<wire::Settle::Status>(77));
  EXPECT_FALSE(FromWire(settle).ok());
  settle.set_status(wire::Settle::FAILED);
  EXPECT_TRUE(FromWire(settle).ok());
  settle.mutable_outcome()->set_fault(static_cast<wire::Outcome::Fault>(9));
  EXPECT_FALSE(FromWire(settle).ok());
  settle.mutable_outcome()->set_fault(wire::Outcome::SOURCE);
  for (const uint32_t code : {2u, 11u, 15u, 17u, 4'000'000'000u}) {
    settle.mutable_outcome()->set_code(code);
    EXPECT_FALSE(FromWire(settle).ok()) << code;
  }
  settle.mutable_outcome()->set_code(5);
  settle.mutable_retry_in()->set_seconds(-1);
  EXPECT_FALSE(FromWire(settle).ok());
}

class ConversationTest : public ::testing::Test {
 protected:
  class StandingClock final : public Clock {
   public:
    Time Now() const override { return kNever; }
    Duration Monotonic() const override { return now; }
    Duration now = 1h;
  };

  ConversationTest() { Begin(); }

  void Begin() {
    conversation_ = std::make_unique<Conversation>(
        "builder-1", hosts_,
        [this](const HostId& host) { return std::make_unique<testing::MemoryDesk>(record_, host); },
        clock_);
  }
  static BuilderMessage HelloOf(uint32_t min, uint32_t max,
                                const std::string& process = std::string(22, 'a')) {
    BuilderMessage message;
    message.mutable_hello()->set_min_version(min);
    message.mutable_hello()->set_max_version(max);
    message.mutable_hello()->set_process(process);
    message.mutable_hello()->mutable_state()->set_slots(2);
    return message;
  }
  void Greet() { ASSERT_TRUE(conversation_->Answer(HelloOf(1, 1)).ok()); }
  Status Refusal(const BuilderMessage& message) { return conversation_->Answer(message).status(); }

  Guarded<testing::DeskRecord> record_;
  testing::MemoryHosts hosts_;
  StandingClock clock_;
  std::unique_ptr<Conversation> conversation_;
};

TEST_F(ConversationTest, Hello_IsWelcomedAndMakesARow) {
  const auto answer = conversation_->Answer(HelloOf(1, 9)).value();
  ASSERT_TRUE(answer && answer->has_welcome());
  EXPECT_EQ(answer->welcome().version(), kMaxVersion);
  ASSERT_THAT(hosts_.rows(), SizeIs(1));
  const model::Host row = hosts_.rows()[0];
  EXPECT_EQ(row.id.str(), answer->welcome().host_id());
  EXPECT_TRUE(IsId(row.id.str()));
  EXPECT_EQ(row.name, "builder-1");
  EXPECT_THAT(row.roles, ElementsAre("builder"));
  EXPECT_EQ(row.build_slots, 2);
  ASSERT_TRUE(conversation_->Leave().ok());
  EXPECT_THAT(hosts_.rows(), SizeIs(0));
}

TEST_F(ConversationTest, HostId_IsOfNameAndProcess) {
  const std::string process(22, 'a');
  EXPECT_EQ(BuilderId("one", process), BuilderId("one", process));
  EXPECT_NE(BuilderId("one", process), BuilderId("two", process)) << "nobody takes another's id";
  EXPECT_NE(BuilderId("one", process), BuilderId("one", std::string(22, 'b')));
}

TEST_F(ConversationTest, VersionsWithoutACommonOne_AreRefusedWithBothRanges) {
  for (const auto& [min, max] : {std::pair{3u, 4u}, std::pair{0u, 0u}, std::pair{5u, 1u}}) {
    const Status refused = Refusal(HelloOf(min, max));
    EXPECT_EQ(refused.reason(), "VersionDisjoint");
    EXPECT_THAT(refused.message(), HasSubstr("this controller 1 to 2"));
  }
  EXPECT_THAT(hosts_.rows(), SizeIs(0));
}

TEST_F(ConversationTest, WhatComesBeforeHelloOrTwiceOrIsNoKind_EndsTheStream) {
  BuilderMessage list;
  list.mutable_list_claims();
  EXPECT_EQ(Refusal(list).reason(), "ProtocolBroken");
  EXPECT_EQ(Refusal(HelloOf(1, 1, "../../etc")).reason(), "ProtocolBroken");
  Greet();
  EXPECT_EQ(Refusal(HelloOf(1, 1)).reason(), "ProtocolBroken");
  EXPECT_EQ(Refusal(BuilderMessage()).reason(), "ProtocolBroken");
}

TEST_F(ConversationTest, Heartbeat_ChangesTheRowAndHasNoAnswer) {
  Greet();
  BuilderMessage beat;
  beat.mutable_heartbeat()->set_slots(5);
  EXPECT_FALSE(conversation_->Answer(beat).value().has_value());
  EXPECT_EQ(hosts_.rows()[0].build_slots, 5);
  beat.mutable_heartbeat()->set_slots(1'000'000);
  EXPECT_FALSE(conversation_->Answer(beat).ok());
}

TEST_F(ConversationTest, FailureOfARequest_IsToldAndEndsNothing) {
  Greet();
  BuilderMessage order;
  order.set_request(7);
  order.mutable_get_order()->mutable_claim()->set_build_id(std::string(22, '9'));
  const auto answer = conversation_->Answer(order).value();
  EXPECT_EQ(answer->request(), 7u);
  Status told;
  ASSERT_TRUE(FromWire(answer->failure(), told).ok());
  EXPECT_EQ(told.code(), Code::kStale);
}

TEST_F(ConversationTest, BrokenRequests_EndTheStream) {
  const auto broken = [&](auto&& fill) {
    Begin();
    Greet();
    BuilderMessage message;
    fill(message);
    EXPECT_EQ(Refusal(message).reason(), "ProtocolBroken")
        << message.ShortDebugString().substr(0, 99);
  };
  const std::string id(22, '1');
  broken([&](BuilderMessage& m) { m.mutable_get_order()->mutable_claim()->set_build_id("x"); });
  broken([&](BuilderMessage& m) {
    m.mutable_get_order()->mutable_claim()->set_build_id(id);
    m.mutable_get_order()->mutable_claim()->set_token(std::string(300, 't'));
  });
  broken([&](BuilderMessage& m) {
    for (int i = 0; i < kMaxClaims + 1; ++i)
      m.mutable_renew_claims()->add_claims()->set_build_id(id);
  });
  broken([&](BuilderMessage& m) {
    m.mutable_append_log()->mutable_claim()->set_build_id(id);
    m.mutable_append_log()->set_bytes(std::string(kMaxLogBytes + 1, 'x'));
  });
  broken([&](BuilderMessage& m) {
    m.mutable_append_log()->mutable_claim()->set_build_id(id);
    m.mutable_append_log()->set_offset(-1);
  });
  broken([&](BuilderMessage& m) {
    m.mutable_append_log()->mutable_claim()->set_build_id(id);
    m.mutable_append_log()->set_bytes("x");
    m.mutable_append_log()->set_offset(kLongestLog);
  });
  broken([&](BuilderMessage& m) {
    m.mutable_begin_phase()->mutable_claim()->set_build_id(id);
    m.mutable_begin_phase()->set_phase("again");
    for (int i = 0; i < kMostPhases; ++i) ASSERT_TRUE(conversation_->Answer(m).ok());
  });
  broken([&](BuilderMessage& m) {
    m.mutable_begin_phase()->mutable_claim()->set_build_id(id);
    m.mutable_begin_phase()->set_phase(std::string(kMaxPhase + 1, 'p'));
  });
  broken([&](BuilderMessage& m) {
    m.mutable_settle()->mutable_claim()->set_build_id(id);
    m.mutable_settle()->set_status(static_cast<wire::Settle::Status>(12));
  });
}

TEST_F(ConversationTest, MessagesWithoutMeasure_EndTheStream) {
  Greet();
  BuilderMessage list;
  list.mutable_list_claims();
  int taken = 0;
  while (taken < 100'000 && conversation_->Answer(list).ok()) ++taken;
  EXPECT_EQ(Refusal(list).reason(), "TooManyMessages");
  EXPECT_LT(taken, 5000);
  clock_.now += 1s;
  EXPECT_TRUE(conversation_->Answer(list).ok());
}

}  // namespace
}  // namespace ns::link
