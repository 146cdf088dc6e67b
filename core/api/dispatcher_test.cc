#include "api/dispatcher.h"

#include "api/api_world.h"
#include "proto/descriptors.h"

namespace ns::api {
namespace {

using neoshowcase::protobuf::CreateApplicationRequest;

class DispatcherTest : public ApiWorld {
 protected:
  static google::rpc::ErrorInfo InfoOf(const Status& failure) {
    google::rpc::Status wire;
    EXPECT_TRUE(wire.ParseFromString(failure.details()));
    google::rpc::ErrorInfo info;
    for (const auto& detail : wire.details()) {
      if (detail.UnpackTo(&info)) return info;
    }
    return info;
  }
};

TEST_F(DispatcherTest, Methods_AreThoseOfTheServices) {
  for (const std::string& name :
       {std::string(kApiService) + "GetMe", std::string(kPlatformService) + "ListPlugins"}) {
    EXPECT_NE(proto::FindMethod(name), nullptr);
    EXPECT_TRUE(Raw(Root(), name, "").ok()) << name;
  }
}

TEST_F(DispatcherTest, EveryMethod_IsOffered) {
  for (const auto* service : proto::Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& method = *service->method(i);
      if (method.server_streaming()) {
        EXPECT_TRUE(dispatcher->Streams(proto::FullName(method))) << method.full_name();
        continue;
      }
      const Status answer = Raw(Root(), proto::FullName(method), "").status();
      EXPECT_NE(answer.code(), Code::kUnsupported)
          << method.full_name() << " " << answer.ToString();
    }
  }
}

TEST_F(DispatcherTest, UnknownMethod_IsUnimplemented) {
  for (const char* name : {"", "x", "neoshowcase.protobuf.APIService/Nope", "nope.Service/GetMe",
                           "neoshowcase.protobuf.APIService/GetMe/x"}) {
    const Status answer = Raw(Root(), name, "").status();
    EXPECT_EQ(answer.code(), Code::kUnsupported) << name;
    EXPECT_EQ(InfoOf(answer).reason(), "NoSuchMethod");
  }
}

TEST_F(DispatcherTest, NobodyKnown_IsUnauthenticated) {
  const Status answer =
      Raw({false, 0, 0, "127.0.0.1", {}}, std::string(kApiService) + "GetMe", "").status();
  EXPECT_EQ(answer.code(), Code::kUnauthenticated);
  EXPECT_EQ(InfoOf(answer).reason(), "NoIdentity");
  EXPECT_EQ(InfoOf(answer).domain(), "neoshowcase");
  EXPECT_TRUE(store.store().users.List().value().empty());
}

TEST_F(DispatcherTest, UserUnknownSoFar_IsCreatedOnce) {
  const auto first = Call<api_pb::User>(Named("alice"), "GetMe", Empty()).value();
  const auto again = Call<api_pb::User>(Named("Alice"), "GetMe", Empty()).value();
  EXPECT_EQ(first.id(), again.id());
  EXPECT_EQ(store.store().users.List().value().size(), 1u);
  EXPECT_FALSE(first.admin());
  EXPECT_TRUE(Call<api_pb::User>(Root(), "GetMe", Empty()).value().admin());
}

TEST_F(DispatcherTest, AdminOfEarlierDays_IsNoneAnyMore) {
  ASSERT_TRUE(store.store().users.Ensure("alice", true).ok());
  EXPECT_FALSE(Call<api_pb::User>(Named("alice"), "GetMe", Empty()).value().admin());
}

TEST_F(DispatcherTest, MalformedBytes_AreInvalid) {
  for (const std::string& bytes :
       {std::string("\xff\xff"), std::string("\x0a\x7f"), std::string("\x0a\x02\xff\xfe")}) {
    EXPECT_EQ(Raw(Root(), std::string(kApiService) + "CreateApplication", bytes).status().code(),
              Code::kInvalid);
  }
  EXPECT_EQ(
      InfoOf(Raw(Root(), std::string(kApiService) + "CreateApplication", "\xff").status()).reason(),
      "MalformedRequest");
}

TEST_F(DispatcherTest, RandomBytes_NeverSucceedNorCrash) {
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(1 + random.Below(100), '\0');
    random.Fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
    const Status answer =
        Raw(Root(), std::string(kApiService) + "CreateApplication", bytes).status();
    EXPECT_EQ(answer.code(), Code::kInvalid) << answer.ToString();
  }
}

TEST_F(DispatcherTest, UnknownEnumAndNul_AreInvalidWithTheField) {
  const std::string repository = MakeRepository(Root());
  CreateApplicationRequest in = NewApp(repository);
  in.mutable_websites(0)->set_authentication(static_cast<api_pb::AuthenticationType>(7));
  EXPECT_EQ(FieldsOf(Call(Root(), "CreateApplication", in).status()),
            std::vector<std::string>{"websites[0].authentication"});
  in = NewApp(repository);
  in.mutable_config()->mutable_runtime_dockerfile()->set_context(std::string("a\0b", 3));
  EXPECT_EQ(FieldsOf(Call(Root(), "CreateApplication", in).status()),
            std::vector<std::string>{"config.runtime_dockerfile.context"});
}

TEST_F(DispatcherTest, RequestFullOfMistakes_IsToldOfTheFirstFifty) {
  CreateApplicationRequest in;
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i)
      in.add_websites()->set_authentication(static_cast<api_pb::AuthenticationType>(99));
  };
  add(50);
  Status refusal = Call(Root(), "CreateApplication", in).status();
  EXPECT_EQ(FieldsOf(refusal).size(), 50u);
  EXPECT_TRUE(refusal.message().ends_with(", got 99")) << refusal.message();
  add(500'000);
  in.set_name(std::string(1, '\0'));
  refusal = Call(Root(), "CreateApplication", in).status();
  EXPECT_EQ(refusal.code(), Code::kInvalid);
  const auto fields = FieldsOf(refusal);
  ASSERT_EQ(fields.size(), 50u);
  EXPECT_EQ(fields.front(), "name");
  EXPECT_EQ(fields.back(), "websites[48].authentication");
  EXPECT_TRUE(refusal.message().ends_with(", got 99; and more")) << refusal.message();
}

TEST_F(DispatcherTest, RequestBeyondTheLimit_IsExhausted) {
  const Status answer =
      Raw(Root(), std::string(kApiService) + "GetMe", std::string((4 << 20) + 1, 'x')).status();
  EXPECT_EQ(answer.code(), Code::kExhausted);
}

TEST_F(DispatcherTest, PassedDeadlineAndGoneCaller_DoNothing) {
  clock.Advance(std::chrono::seconds(10));
  const std::string method = std::string(kApiService) + "GenerateKeyPair";
  EXPECT_EQ(dispatcher.Invoke({{}, std::chrono::seconds(9)}, Root(), method, "").status().code(),
            Code::kDeadline);
  std::stop_source gone;
  gone.request_stop();
  EXPECT_EQ(dispatcher.Invoke({gone.get_token(), {}}, Root(), method, "").status().code(),
            Code::kCancelled);
  EXPECT_TRUE(store.store().users.List().value().empty());
}

TEST_F(DispatcherTest, Defect_ShowsAnErrorIdAlone) {
  store.FailWith(Internal("select secret from users: broken"));
  const Status answer = Call(Root(), "GetMe", Empty()).status();
  EXPECT_EQ(answer.code(), Code::kInternal);
  EXPECT_EQ(answer.message().find("secret"), std::string::npos);
  const std::string error_id = InfoOf(answer).metadata().at("error_id");
  EXPECT_EQ(error_id.size(), 12u);
  EXPECT_NE(answer.message().find(error_id), std::string::npos);
}

TEST_F(DispatcherTest, DatabaseAway_IsUnavailable) {
  store.FailWith(Unavailable("the database does not answer"));
  EXPECT_EQ(Call(Root(), "GetMe", Empty()).status().code(), Code::kUnavailable);
  EXPECT_EQ(dispatcher.Raw({}, "GET", "/readyz", "").http_status, 503);
  EXPECT_EQ(dispatcher.Raw({}, "GET", "/healthz", "").http_status, 200);
}

TEST_F(DispatcherTest, IdThatIsNone_IsInvalidAndUnknownIdIsNotFound) {
  for (const auto& [method, field] :
       {std::pair("GetApplication", "id"), std::pair("GetBuilds", "id")}) {
    EXPECT_EQ(FieldsOf(Call(Root(), method, OfApp("")).status()), std::vector<std::string>{field});
    EXPECT_EQ(Call(Root(), method, OfApp(std::string(22, '0'))).status().code(), Code::kNotFound);
  }
  EXPECT_EQ(Call(Root(), "GetBuild", OfBuild(std::string(22, '0'))).status().code(),
            Code::kNotFound);
  EXPECT_EQ(Call(Root(), "GetRepository", OfRepository(std::string(22, '0'))).status().code(),
            Code::kNotFound);
}

TEST_F(DispatcherTest, AdminMethods_AreForAdmins) {
  EXPECT_EQ(
      Own<own_pb::ListPluginsResponse>(Named("alice"), "ListPlugins", Empty()).status().code(),
      Code::kDenied);
  EXPECT_TRUE(Own<own_pb::ListPluginsResponse>(Root(), "ListPlugins", Empty()).ok());
}

TEST_F(DispatcherTest, SystemInfo_TellsWhatIsOffered) {
  const auto info = Call<api_pb::SystemInfo>(Named("alice"), "GetSystemInfo", Empty()).value();
  EXPECT_EQ(info.version(), "0.1.0");
  EXPECT_EQ(info.public_key(), "ssh-ed25519 AAAA home");
  ASSERT_EQ(info.domains_size(), 2);
  EXPECT_FALSE(info.domains(1).already_bound());
  ASSERT_EQ(info.ports_size(), 1);
  EXPECT_EQ(info.ports(0).end_port(), 9010);
  ASSERT_TRUE(Call(Root(), "CreateApplication", NewApp(MakeRepository(Root()), "plain.test")).ok());
  EXPECT_TRUE(Call<api_pb::SystemInfo>(Named("alice"), "GetSystemInfo", Empty())
                  .value()
                  .domains(1)
                  .already_bound());
}

TEST_F(DispatcherTest, Ready_WithARequiredPluginThatFails_IsNot) {
  EXPECT_EQ(dispatcher.Raw({}, "GET", "/readyz", "").http_status, 200);
  model::Host host;
  host.id = HostId(std::string(22, 'e'));
  host.plugins = {{"gateway", "gateway", "ns.service/1", "0.1.0", true, false, "ListenFailed",
                   "the port is taken", ""}};
  ASSERT_TRUE(store.store().hosts.Beat(host, std::chrono::minutes(1)).ok());
  EXPECT_EQ(dispatcher.Raw({}, "GET", "/readyz", "").http_status, 503);
  EXPECT_EQ(dispatcher.Raw({}, "POST", "/readyz", "").http_status, 405);
  EXPECT_EQ(dispatcher.Raw({}, "GET", "/elsewhere", "").http_status, 404);
}

TEST_F(DispatcherTest, Health_SaysWhatIsMissing) {
  const auto health = Own<own_pb::Health>(Root(), "GetHealth", Empty()).value();
  EXPECT_FALSE(health.ok());
  model::Host host;
  host.id = HostId(std::string(22, 'e'));
  host.name = "m1";
  host.roles = {"controller", "builder", "services"};
  ASSERT_TRUE(store.store().hosts.Beat(host, std::chrono::minutes(1)).ok());
  EXPECT_TRUE(Own<own_pb::Health>(Root(), "GetHealth", Empty()).value().ok());
  clock.Advance(std::chrono::seconds(31));
  EXPECT_FALSE(Own<own_pb::Health>(Root(), "GetHealth", Empty()).value().ok());
}

}  // namespace
}  // namespace ns::api
