#include "api/api_world.h"
#include "model/token_text.h"

#include <gmock/gmock.h>

#include "neoshowcase/platform/v1/audit.pb.h"
#include "proto/descriptors.h"

namespace ns::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kSecret[] = "correct horse battery staple";

class AuditTest : public ApiWorld {
 protected:
  own_pb::ListAuditEventsResponse List(const Peer& peer,
                                       const own_pb::ListAuditEventsRequest& in = {}) {
    return Sent<own_pb::ListAuditEventsResponse>(peer,
                                                 std::string(kAuditService) + "ListAuditEvents", in)
        .value();
  }
  // "Method outcome" of all, oldest first.
  std::vector<std::string> Story(const Peer& peer = Root(),
                                 const own_pb::ListAuditEventsRequest& in = {}) {
    std::vector<std::string> story;
    const auto page = List(peer, in);
    for (const auto& event : page.events()) {
      const std::string& method = event.method();
      story.insert(story.begin(), method.substr(method.find('/') + 1) + " " + event.outcome());
    }
    return story;
  }
  size_t Told() {
    ports::AuditQuery query;
    query.all = true;
    query.limit = 1000;
    return store.store().audit.List(query)->size();
  }
  // The newest event.
  own_pb::AuditEvent Last() { return List(Root()).events(0); }
  Status SetEnv(const Peer& peer, const std::string& app, const std::string& key = "KEY") {
    api_pb::SetApplicationEnvVarRequest in;
    in.set_application_id(app);
    in.set_key(key);
    in.set_value(kSecret);
    return Call(peer, "SetEnvVar", in).status();
  }
};

TEST_F(AuditTest, Write_TellsWhoFromWhereWhatAndWhen) {
  const auto app = MakeApp(Named("alice"));
  clock.Advance(std::chrono::seconds(5));
  Peer peer = Named("alice");
  peer.headers.emplace_back("x-request-id", "req-17");
  ASSERT_TRUE(Call(peer, "StartApplication", OfApp(app.id())).ok());
  const own_pb::AuditEvent event = Last();
  EXPECT_EQ(event.user_name(), "alice");
  EXPECT_EQ(event.user_id(), store.store().users.Ensure("alice", false)->id.str());
  EXPECT_EQ(event.via(), "proxy");
  EXPECT_EQ(event.address(), "127.0.0.1");
  EXPECT_EQ(event.method(), "neoshowcase.protobuf.APIService/StartApplication");
  EXPECT_EQ(event.object_kind(), "application");
  EXPECT_EQ(event.object_id(), app.id());
  EXPECT_EQ(event.application_id(), app.id());
  EXPECT_EQ(event.outcome(), "ok");
  EXPECT_EQ(event.request_id(), "req-17");
  EXPECT_EQ(event.at().seconds(), clock.Now().time_since_epoch() / std::chrono::seconds(1));
}

TEST_F(AuditTest, RootOnTheSocket_IsToldAsSuch) {
  MakeRepository(Root());
  EXPECT_EQ(Last().via(), "socket");
  EXPECT_EQ(Last().user_name(), "root@local");
  EXPECT_EQ(Last().address(), "");
  EXPECT_THAT(Last().request_id(), SizeIs(22));
}

TEST_F(AuditTest, WhatWasMade_IsNamed) {
  const std::string repository = MakeRepository(Named("alice"));
  EXPECT_EQ(Last().result_id(), repository);
  EXPECT_EQ(Last().repository_id(), repository);
  const auto app =
      Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository));
  EXPECT_EQ(Last().object_kind(), "repository");
  EXPECT_EQ(Last().object_id(), repository);
  EXPECT_EQ(Last().result_id(), app->id());
  EXPECT_EQ(Last().application_id(), app->id());
}

TEST_F(AuditTest, RefusedWrites_AreToldToo) {
  const auto app = MakeApp(Named("alice"));
  EXPECT_EQ(SetEnv(Named("bob"), app.id()).code(), Code::kDenied);
  EXPECT_EQ(Last().user_name(), "bob");
  EXPECT_EQ(Last().reason(), "NotAllowed");
  EXPECT_EQ(SetEnv(Named("alice"), app.id(), "no key").code(), Code::kInvalid);
  EXPECT_EQ(Last().reason(), "InvalidField");
  EXPECT_EQ(SetEnv(Named("alice"), "no id").code(), Code::kInvalid);
  EXPECT_EQ(Last().object_id(), "") << "only ids are kept";
  EXPECT_EQ(SetEnv(Named("alice"), std::string(22, '0')).code(), Code::kNotFound);
  EXPECT_EQ(SetEnv({false, 0, 0, "192.0.2.1", {}}, app.id()).code(), Code::kUnauthenticated);
  EXPECT_EQ(Last().address(), "192.0.2.1");
  EXPECT_EQ(Last().user_name(), "");
  EXPECT_EQ(Raw(Named("alice"), std::string(kApiService) + "SetEnvVar", "\xff").status().code(),
            Code::kInvalid);
  EXPECT_EQ(Last().reason(), "MalformedRequest");
  EXPECT_THAT(Story(), ElementsAre("CreateRepository ok", "CreateApplication ok",
                                   "SetEnvVar permission_denied", "SetEnvVar invalid_argument",
                                   "SetEnvVar invalid_argument", "SetEnvVar not_found",
                                   "SetEnvVar unauthenticated", "SetEnvVar invalid_argument"));
}

TEST_F(AuditTest, Strangers_AreToldOfSixtyTimesAMinuteWhateverTheySend) {
  const std::string method = std::string(kApiService) + "CreateUserKey";
  const Peer stranger{false, 0, 0, "192.0.2.1", {}};
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(Raw(stranger, method, i % 2 ? "\xff" : "").status().code(), Code::kUnauthenticated);
  // A token of nobody, in the right form, says no more.
  const std::string text = model::NewTokenText(random).Reveal();
  const Peer bearer{false, 0, 0, "192.0.2.1", {{"authorization", "Bearer " + text}}};
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(Raw(bearer, method, "\xff").status().code(), Code::kUnauthenticated);
  EXPECT_EQ(Told(), 60u);
}

TEST_F(AuditTest, LongName_IsCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 90; ++i) name += "\xe3\x81\x82";
  ASSERT_TRUE(Call(Named(name), "CreateRepository", NewRepository()).ok());
  EXPECT_EQ(Last().user_name(), name.substr(0, 198));
}

TEST_F(AuditTest, Defect_IsToldWithoutItsCause) {
  const auto app = MakeApp(Named("alice"));
  store.FailWith(Internal("select secret"));
  EXPECT_EQ(SetEnv(Named("alice"), app.id()).code(), Code::kInternal);
  store.FailWith(Status());
  ASSERT_TRUE(SetEnv(Named("alice"), app.id()).ok());
  EXPECT_THAT(Story(), ElementsAre("CreateRepository ok", "CreateApplication ok", "SetEnvVar ok",
                                   "SetEnvVar internal"))
      << "what could not be stored comes with the next one";
  EXPECT_EQ(Last().reason(), "InternalError");
}

TEST_F(AuditTest, Reads_AreNotTold) {
  const auto app = MakeApp(Named("alice"));
  const size_t before = Story().size();
  ASSERT_TRUE(Call(Named("alice"), "GetApplication", OfApp(app.id())).ok());
  ASSERT_TRUE(Call(Named("alice"), "GetEnvVars", OfApp(app.id())).ok());
  const BuildId build = AddBuild(app.id());
  ASSERT_TRUE(dispatcher
                  ->Open({}, Named("alice"), std::string(kApiService) + "GetBuildLogStream",
                         OfBuild(build.str()).SerializeAsString())
                  .ok());
  EXPECT_EQ(Story().size(), before);
}

TEST_F(AuditTest, EveryMethodThatWrites_IsTold) {
  size_t told = 0;
  for (const auto* service : proto::Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& method = *service->method(i);
      if (method.server_streaming()) continue;
      const auto before = Told();
      const auto answer = Raw(Root(), proto::FullName(method), "");
      const auto after = Told();
      if (answer.status().code() == Code::kUnsupported) continue;
      const bool reads =
          method.options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
      EXPECT_EQ(after - before, reads ? 0U : 1U) << method.full_name();
      told += after - before;
    }
  }
  EXPECT_GT(told, 10U);
}

TEST_F(AuditTest, NoSecret_IsKept) {
  const auto app = MakeApp(Named("alice"));
  ASSERT_TRUE(SetEnv(Named("alice"), app.id()).ok());
  EXPECT_EQ(SetEnv(Named("alice"), app.id(), kSecret).code(), Code::kInvalid);
  auto in = NewRepository(std::string("https://bot:") + "hunter2@git.test/a/b.git");
  EXPECT_EQ(Call(Named("alice"), "CreateRepository", in).status().code(), Code::kInvalid);
  in = NewRepository("https://git.test/a/b.git");
  in.mutable_auth()->mutable_basic()->set_username("bot");
  in.mutable_auth()->mutable_basic()->set_password("hunter2");
  ASSERT_TRUE(Call(Named("alice"), "CreateRepository", in).ok());
  const std::string all = List(Root()).DebugString();
  EXPECT_EQ(all.find("horse"), std::string::npos);
  EXPECT_EQ(all.find("hunter2"), std::string::npos);
  EXPECT_THAT(all, HasSubstr("CreateRepository"));
}

TEST_F(AuditTest, Others_SeeWhatTheyDidAndOwn) {
  const auto app = MakeApp(Named("alice"));
  EXPECT_EQ(SetEnv(Named("bob"), app.id()).code(), Code::kDenied);
  EXPECT_THAT(Story(Named("alice")), ElementsAre("CreateRepository ok", "CreateApplication ok",
                                                 "SetEnvVar permission_denied"));
  EXPECT_THAT(Story(Named("bob")), ElementsAre("SetEnvVar permission_denied"));
  EXPECT_THAT(Story(Named("carol")), IsEmpty());
  const BuildId build = AddBuild(app.id());
  EXPECT_EQ(Call(Named("carol"), "CancelBuild", OfBuild(build.str())).status().code(),
            Code::kDenied);
  EXPECT_EQ(Story(Named("alice")).back(), "CancelBuild permission_denied")
      << "though it names a build";
}

TEST_F(AuditTest, Filters_AreCheckedAndApplied) {
  const auto app = MakeApp(Named("alice"));
  EXPECT_EQ(SetEnv(Named("bob"), app.id()).code(), Code::kDenied);
  own_pb::ListAuditEventsRequest in;
  in.set_user("BOB");
  EXPECT_THAT(Story(Root(), in), ElementsAre("SetEnvVar permission_denied"));
  in = {};
  in.set_object(app.id());
  EXPECT_THAT(Story(Root(), in),
              ElementsAre("CreateApplication ok", "SetEnvVar permission_denied"));
  in.set_method("CreateApplication");
  EXPECT_THAT(Story(Root(), in), ElementsAre("CreateApplication ok"));
  in = {};
  in.mutable_since()->set_seconds(clock.Now().time_since_epoch() / std::chrono::seconds(1) + 1);
  EXPECT_THAT(Story(Root(), in), IsEmpty());
  in = {};
  in.set_limit(2);
  const auto page = List(Root(), in);
  EXPECT_THAT(page.events(), SizeIs(2));
  in.set_before(page.next());
  EXPECT_THAT(Story(Root(), in), ElementsAre("CreateRepository ok"));
  EXPECT_EQ(List(Root(), in).next(), "");
  in = {};
  in.set_limit(1001);
  in.set_object("shop");
  in.set_before("x");
  in.set_user(std::string(201, 'x'));
  EXPECT_THAT(
      FieldsOf(Raw(Root(), std::string(kAuditService) + "ListAuditEvents", in.SerializeAsString())
                   .status()),
      ElementsAre("user", "object", "limit", "before"));
}

TEST_F(AuditTest, CallersWhomNobodyKnows_CannotFillTheDatabase) {
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(SetEnv({}, std::string(22, '0')).code(), Code::kUnauthenticated);
  EXPECT_THAT(Story(), SizeIs(60));
  clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(SetEnv({}, std::string(22, '0')).code(), Code::kUnauthenticated);
  EXPECT_THAT(Story(), SizeIs(61));
}

TEST_F(AuditTest, DatabaseAway_KeepsEventsForLater) {
  MakeRepository(Named("alice"));
  store.FailWith(Unavailable("gone"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(Call(Named("alice"), "CreateRepository", NewRepository()).status().code(),
              Code::kUnavailable);
  clock.Advance(std::chrono::minutes(5));
  store.FailWith(Status());
  MakeRepository(Named("alice"), "https://git.test/other.git");
  const auto page = List(Root());
  const auto& events = page.events();
  ASSERT_THAT(events, SizeIs(5));
  EXPECT_EQ(events[0].outcome(), "unavailable");
  EXPECT_EQ(events[3].outcome(), "ok");
  EXPECT_EQ(events[3].at().seconds() - events[0].at().seconds(), 300) << "as it happened";
}

}  // namespace
}  // namespace ns::api
