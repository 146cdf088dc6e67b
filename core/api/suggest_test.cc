#include "api/api_world.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

// A builder that answers as soon as it is asked.
class SuggestTest : public ApiWorld {
 protected:
  void SetUp() override {
    repository = MakeRepository(Named("alice"));
    store.store().hints.Subscribe([this](const ports::Hint& hint) {
      if (hint.kind != ports::Hint::Kind::kDetection || !answer) return;
      const auto task = store.store().detections.Take(kBuilder, 1min).value();
      if (!task) return;
      asked.push_back(*task);
      EXPECT_TRUE(store.store().detections.Answer(task->claim, *answer).ok());
    });
    BringUp({"builder"});
  }
  void BringUp(const std::vector<std::string>& roles) {
    model::Host host;
    host.id = kBuilder;
    host.roles = roles;
    ASSERT_TRUE(store.store().hosts.Beat(host, 1min).ok());
  }
  own_pb::SuggestApplicationRequest For(const std::string& ref = "") {
    own_pb::SuggestApplicationRequest in;
    in.set_repository_id(repository);
    in.set_ref_name(ref);
    return in;
  }
  Result<own_pb::Suggestion> Suggest(const own_pb::SuggestApplicationRequest& in) {
    return Own<own_pb::Suggestion>(Named("bob"), "SuggestApplication", in);
  }
  static ports::MethodSuggestion Says(const std::string& method, int fit,
                                      const std::string& settings, const std::string& why) {
    ports::MethodSuggestion one{method, {}};
    one.suggestion.fit = fit;
    one.suggestion.settings = settings;
    one.suggestion.why = why;
    return one;
  }

  const HostId kBuilder{std::string(22, 'b')};
  std::string repository;
  std::optional<ports::DetectionAnswer> answer = ports::DetectionAnswer();
  std::vector<ports::DetectionTask> asked;
};

TEST_F(SuggestTest, WhatBuildersSay_IsGivenWithWhatToCreate) {
  auto docker =
      Says("runtime-dockerfile", 90, R"({"dockerfile_name":"a/Dockerfile","context":"."})",
           "There is a Dockerfile.");
  docker.suggestion.port = 8080;
  auto site = Says("static-cmd", 85, R"({"base_image":"node:22","build_cmd":"npm run build"})",
                   "It uses Vite.");
  site.suggestion.artifact_path = "dist";
  auto program = Says("runtime-cmd", 80, R"({"base_image":"node:22"})", "It uses Express.");
  program.suggestion.command = "node server.js";
  answer->found = {{docker, site, program},
                   {Says("static-dockerfile", 0, "{}", "No web server is in the Dockerfile.")},
                   {{"other", Status(Code::kInternal, "Defect", "it broke")}}};
  const auto out = Suggest(For()).value();
  EXPECT_EQ(out.name(), "shop");
  EXPECT_EQ(out.fqdn(), "shop.apps.test");
  EXPECT_EQ(out.ref_name(), "HEAD");
  EXPECT_EQ(out.commit(), kCommitA);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].commit, kCommitA);
  ASSERT_EQ(out.methods_size(), 3);
  EXPECT_EQ(out.methods(0).name(), "runtime_dockerfile");
  EXPECT_EQ(out.methods(0).dockerfile_name(), "a/Dockerfile");
  EXPECT_EQ(out.methods(0).http_port(), 8080);
  EXPECT_EQ(out.methods(0).config().runtime_dockerfile().context(), ".");
  EXPECT_EQ(out.methods(1).fit(), 85);
  EXPECT_EQ(out.methods(1).reason(), "It uses Vite.");
  EXPECT_EQ(out.methods(1).artifact_path(), "dist");
  EXPECT_EQ(out.methods(1).config().static_cmd().build_cmd(), "npm run build");
  EXPECT_EQ(out.methods(1).config().static_cmd().static_config().artifact_path(), "dist");
  EXPECT_EQ(out.methods(2).command(), "node server.js");
  EXPECT_EQ(out.methods(2).config().runtime_cmd().runtime_config().command(), "node server.js");
  ASSERT_EQ(out.misfits_size(), 1);
  EXPECT_EQ(out.misfits(0).name(), "static_dockerfile");
  EXPECT_EQ(out.misfits(0).reason(), "No web server is in the Dockerfile.");
  ASSERT_EQ(out.failures_size(), 1);
  EXPECT_EQ(out.failures(0).reason(), "Defect");
}

TEST_F(SuggestTest, TakenHost_GetsANumber) {
  ASSERT_TRUE(Call(Named("alice"), "CreateApplication", NewApp(repository)).ok());
  EXPECT_EQ(Suggest(For()).value().fqdn(), "shop-2.apps.test");
  auto in = For("v2");
  in.set_name("My Shop_日本!");
  const auto out = Suggest(in).value();
  EXPECT_EQ(out.fqdn(), "my-shop.apps.test");
  EXPECT_EQ(out.commit(), kCommitB);
  EXPECT_EQ(out.methods_size(), 0);
}

TEST_F(SuggestTest, UnknownRefAndUnreadableRemote_AreRefused) {
  EXPECT_EQ(FieldsOf(Own(Named("bob"), "SuggestApplication", For("nowhere")).status()),
            std::vector<std::string>{"ref_name"});
  git.failure = Status(Code::kUnavailable, "RemoteUnreachable", "no route");
  EXPECT_EQ(Own(Named("bob"), "SuggestApplication", For()).status().code(), Code::kUnavailable);
}

TEST_F(SuggestTest, SourceThatCannotBeLookedAt_IsUnavailableWithTheBuildersReason) {
  answer->failure = Status(Code::kNotFound, "CommitNotFound", "the repository cannot be read: gone")
                        .SetFault(Fault::kSource);
  const Status told = Suggest(For()).status();
  EXPECT_EQ(told.code(), Code::kUnavailable);
  EXPECT_EQ(told.reason(), "CommitNotFound");
  EXPECT_EQ(told.message(), "the repository cannot be read: gone");
  answer->failure = Status();
  EXPECT_TRUE(Suggest(For()).ok()) << "the next one is asked anew";
}

TEST_F(SuggestTest, NoBuilder_IsSaidWithTheRemedyAndNobodyIsAsked) {
  BringUp({"controller"});
  const Status told = Suggest(For()).status();
  EXPECT_EQ(told.code(), Code::kUnavailable);
  EXPECT_EQ(told.reason(), "NoBuilder");
  EXPECT_NE(told.message().find("role `builder`"), std::string::npos) << told.message();
  auto in = For();
  in.set_without_methods(true);
  EXPECT_EQ(Suggest(in).value().commit(), kCommitA);
  EXPECT_TRUE(asked.empty());
}

TEST_F(SuggestTest, BuilderThatDoesNotAnswer_IsNotWaitedForBeyondTheDeadline) {
  answer.reset();
  const auto told = dispatcher.Invoke({{}, clock.Monotonic() + 400ms}, Named("bob"),
                                      std::string(kPlatformService) + "SuggestApplication",
                                      For().SerializeAsString());
  EXPECT_EQ(told.status().code(), Code::kUnavailable);
  EXPECT_EQ(told.status().reason(), "NotAnswered");
}

}  // namespace
}  // namespace ns::api
