// `ns export`, `ns diff` and `ns apply` against a real HTTP server.
#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>

#include "testing/form_on_disk.h"
#include "testing/program_run.h"

namespace ns::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ApplyTest : public ProgramRun {
 protected:
  ApplyTest() {
    OfferShop();
    server_.On("GetApplicationStatus", platform::ApplicationStatus());
    server_.On("UpdateApplication", [this](const std::string& body) {
      platform::UpdateApplicationResponse answer;
      auto& request = updates_.emplace_back();
      request.ParseFromString(body);
      answer.mutable_application()->set_id(request.application_id());
      answer.mutable_application()->set_etag(std::to_string(std::stoi(request.etag()) + 1));
      return Ok(answer);
    });
    server_.On("CreateApplication", [this](const std::string& body) {
      creates_.emplace_back().ParseFromString(body);
      platform::CreateApplicationResponse answer;
      answer.mutable_application()->set_id("a9");
      return Ok(answer);
    });
  }
  void File(const std::string& text) { file_.Write(text); }

  const FormOnDisk file_;
  const std::string& path_ = file_.path();
  std::vector<platform::UpdateApplicationRequest> updates_;
  std::vector<platform::CreateApplicationRequest> creates_;
};

TEST_F(ApplyTest, ExportAppliedChangesNothingAndSaysSo) {
  ASSERT_EQ(Run({"export"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("whole: true\n"));
  EXPECT_THAT(out_, HasSubstr("      method: runtime-dockerfile\n"));
  File(out_);
  EXPECT_EQ(Run({"apply", "-f", path_}), 0) << err_;
  EXPECT_EQ(out_, "All is as " + path_ + " says; nothing was changed.\n");
  EXPECT_EQ(Run({"diff", "-f", path_}), 0);
  EXPECT_EQ(out_, "");
}

TEST_F(ApplyTest, ExportOfWhatOthersOwnSaysNothingOfVariables) {
  apps_.mutable_applications(0)->set_owner_ids(0, "u2");
  server_.On("GetApplications", apps_);
  ASSERT_EQ(Run({"export", "shop"}), 0) << err_;
  EXPECT_THAT(out_, testing::Not(HasSubstr("env")));
  EXPECT_THAT(err_, HasSubstr("note: shop: its variables are for its owners alone"));
}

TEST_F(ApplyTest, DiffIsUnifiedAndEndsWithOne) {
  File("applications: [{name: shop, ref: next}]\n");
  EXPECT_EQ(Run({"diff", "-f", path_}), 1);
  EXPECT_THAT(out_, HasSubstr("--- application shop (as it is)\n+++ application shop (" + path_));
  EXPECT_THAT(out_, HasSubstr("\n-    ref: main\n+    ref: next\n"));
  EXPECT_EQ(Run({"diff", "-f", path_, "--color", "always"}), 1);
  EXPECT_THAT(out_, HasSubstr("\033[31m-    ref: main\033[0m\n"));
  EXPECT_EQ(Run({"diff", "-f", path_, "--json"}), 1);
  EXPECT_THAT(out_, HasSubstr(R"("parts":["ref"])"));
}

TEST_F(ApplyTest, NobodyToAskIsTwoAndChangesNothing) {
  File("applications: [{name: shop, ref: next}]\n");
  EXPECT_EQ(Run({"apply", "-f", path_}), 2);
  EXPECT_THAT(err_, HasSubstr("~ change application shop: ref"));
  EXPECT_THAT(err_, HasSubstr("--yes does it without asking"));
}

TEST_F(ApplyTest, MistakesAreTwo) {
  File("applications:\n  - {name: shop, reff: x}\n  - {nam: y}\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 2);
  EXPECT_THAT(err_, HasSubstr("has 3 mistakes; nothing was changed:\n" + path_ + ":2:18: "));
  EXPECT_EQ(Run({"apply", "-f", path_ + "-not-there"}), 2);
  EXPECT_THAT(err_, HasSubstr("cannot be read: No such file"));
}

TEST_F(ApplyTest, ChangesAreLookedAtThenMadeInOrder) {
  server_.On("StopApplication", google::protobuf::Empty());
  api::Repository repo;
  repo.set_id("r9");
  server_.On("CreateRepository", repo);
  File(R"(repositories: [{name: new, url: "http://git.test/new.git"}]
applications:
  - {name: shop, ref: next, running: false, env: {A: b}}
  - name: new
    repository: new
    build: {method: runtime-cmd, command: ./serve}
    env: {A: b}
)");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  EXPECT_THAT(
      server_.calls(),
      ElementsAre("GetApplications", "GetRepositories", "GetUsers", "GetMe", "GetApplication",
                  "UpdateApplication", "CreateRepository", "GetApplicationStatus",
                  "StopApplication", "GetApplication", "UpdateApplication", "CreateApplication"));
  ASSERT_EQ(updates_.size(), 2U);
  EXPECT_TRUE(updates_[0].validate_only());
  EXPECT_FALSE(updates_[1].validate_only());
  EXPECT_EQ(updates_[1].etag(), "7");
  EXPECT_THAT(updates_[1].update_mask().paths(), ElementsAre("ref_name", "env"));
  ASSERT_EQ(creates_.size(), 1U) << "its repository is not there yet when others are looked at";
  EXPECT_EQ(creates_[0].repository_id(), "r9");
  EXPECT_TRUE(creates_[0].start());
  EXPECT_EQ(creates_[0].form().env(0).value(), "b");
  EXPECT_EQ(out_, "It is as " + path_ + " says.\n");
}

TEST_F(ApplyTest, DryRunShowsAndAsksTheServerAlone) {
  File(R"(applications:
  - {name: shop, ref: next}
  - {name: new, repository: shop, build: {method: runtime-cmd, command: ./serve}}
)");
  EXPECT_EQ(Run({"apply", "-f", path_, "--dry-run"}), 0) << err_;
  EXPECT_EQ(out_,
            "~ change application shop: ref\n+ create application new\nNothing was changed.\n");
  ASSERT_EQ(updates_.size(), 1U);
  EXPECT_TRUE(updates_[0].validate_only());
  ASSERT_EQ(creates_.size(), 1U);
  EXPECT_TRUE(creates_[0].validate_only());
}

TEST_F(ApplyTest, EveryRefusalIsToldBeforeAnythingIsDone) {
  for (const char* method : {"UpdateApplication", "CreateApplication"})
    server_.On(method, [method](const std::string&) {
      return Refusal(400, "invalid_argument", "form: not so, " + std::string(method));
    });
  File(R"(repositories: [{name: new, url: "http://git.test/new.git"}]
applications:
  - {name: shop, ref: next}
  - {name: new, repository: shop, build: {method: runtime-cmd, command: ./serve}}
)");
  for (const std::vector<std::string>& how :
       {std::vector<std::string>{"apply", "--yes"}, {"apply", "--dry-run"}, {"diff"}}) {
    auto words = how;
    words.insert(words.end(), {"-f", path_});
    EXPECT_EQ(Run(words), 2);
    EXPECT_THAT(err_, HasSubstr("nothing was changed:\n" + path_ +
                                ":3:5: applications[0]: form: not so, UpdateApplication\n" + path_ +
                                ":4:5: applications[1]: form: not so, CreateApplication"));
    EXPECT_THAT(server_.calls(), testing::Not(testing::Contains("CreateRepository")));
  }
}

TEST_F(ApplyTest, OneOfDiffMeansThatSomethingDiffersAndNothingElse) {
  File("applications: [{name: shop, ref: next}]\n");
  for (const char* code : {"already_exists", "failed_precondition", "internal"}) {
    server_.On("UpdateApplication", Refusal(409, code, "form.websites[0]: AddressTaken"));
    EXPECT_EQ(Run({"diff", "-f", path_}), 2) << code;
    EXPECT_THAT(err_, HasSubstr("AddressTaken"));
  }
  server_.On("UpdateApplication", Refusal(403, "permission_denied", "not yours"));
  EXPECT_EQ(Run({"diff", "-f", path_}), 4) << "others are told apart";
}

TEST_F(ApplyTest, SettingsOfANewerServerAreNotDeleted) {
  own_.mutable_form()->mutable_build()->set_settings(
      R"({"dockerfile_name":"Dockerfile","newer":"x"})");
  server_.On("GetApplication", own_);
  File("applications: [{name: shop, build: {method: runtime-dockerfile, dockerfileName: B}}]\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 2);
  EXPECT_THAT(err_, HasSubstr("applications[0].build: cannot be changed"));
  EXPECT_THAT(err_, HasSubstr("update ns first"));
  EXPECT_THAT(updates_, testing::IsEmpty());
  File("applications: [{name: shop, ref: next}]\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  EXPECT_EQ(updates_.size(), 2U);
}

// What a newer server has in field 999 of a message.
void AddNewer(google::protobuf::Message& message, const std::string& value) {
  auto& fields = *message.GetReflection()->MutableUnknownFields(&message);
  fields.AddLengthDelimited(999, value);
}
std::string NewerOf(const google::protobuf::Message& message) {
  std::string found;
  const auto& fields = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i) found += fields.field(i).length_delimited() + ";";
  return found;
}

TEST_F(ApplyTest, FieldsOfANewerServerStay) {
  auto& form = *own_.mutable_form();
  AddNewer(*form.mutable_build(), "of build");
  AddNewer(*form.mutable_run(), "of run");
  AddNewer(*form.mutable_run()->mutable_auto_shutdown(), "of its shutdown");
  for (const char* host : {"a.test", "b.test"}) {
    form.add_websites()->set_fqdn(host);
    AddNewer(*form.mutable_websites()->rbegin(), host);
  }
  auto& port = *form.add_port_publications();
  port.set_internet_port(9000), port.set_application_port(90);
  AddNewer(port, "of a port");
  server_.On("GetApplication", own_);
  File(R"(applications:
  - name: shop
    build: {method: runtime-dockerfile, dockerfileName: Dockerfile}
    websites: [{fqdn: a.test}, {fqdn: b.test}]
    portPublications: [{internetPort: 9000, applicationPort: 90, protocol: tcp}]
)");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("nothing was changed")) << "what is not known is no difference";
  File(R"(applications:
  - name: shop
    build: {method: runtime-dockerfile, dockerfileName: Dockerfile, command: ./serve}
    websites: [{fqdn: B.test, httpPort: 81}, {fqdn: c.test}]
    portPublications: [{internetPort: 9000, applicationPort: 91}]
)");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  ASSERT_EQ(updates_.size(), 2U);
  const auto& changed = updates_[1].form();
  EXPECT_EQ(changed.run().command(), "./serve");
  EXPECT_EQ(NewerOf(changed.build()), "of build;");
  EXPECT_EQ(NewerOf(changed.run()), "of run;");
  EXPECT_EQ(NewerOf(changed.run().auto_shutdown()), "of its shutdown;");
  ASSERT_EQ(changed.websites_size(), 2);
  EXPECT_EQ(NewerOf(changed.websites(0)), "b.test;");
  EXPECT_EQ(NewerOf(changed.websites(1)), "");
  EXPECT_EQ(NewerOf(changed.port_publications(0)), "of a port;");
}

TEST_F(ApplyTest, FieldsOfANewerServerGoWithTheirPart) {
  AddNewer(*own_.mutable_form()->mutable_build(), "of build");
  AddNewer(*own_.mutable_form()->mutable_run(), "of run");
  server_.On("GetApplication", own_);
  File("applications: [{name: shop, build: {method: static-cmd, artifactPath: dist}}]\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  ASSERT_EQ(updates_.size(), 2U);
  EXPECT_TRUE(updates_[1].form().has_site());
  EXPECT_EQ(NewerOf(updates_[1].form().build()) + NewerOf(updates_[1].form().site()), "");
}

TEST_F(ApplyTest, HostsOfAnySpellingAreTheSame) {
  own_.mutable_form()->add_websites()->set_fqdn("xn--bcher-kva.apps.test");
  server_.On("GetApplication", own_);
  File("applications: [{name: shop, websites: [{fqdn: BÜCHER.apps.test}]}]\n");
  EXPECT_EQ(Run({"diff", "-f", path_}), 0) << out_ << err_;
}

TEST_F(ApplyTest, PathsOfAnySpellingAreTheSame) {
  auto& website = *own_.mutable_form()->add_websites();
  website.set_fqdn("shop.test"), website.set_path_prefix("/~api/%C3%A9");
  server_.On("GetApplication", own_);
  File(
      "applications: [{name: shop, websites: [{fqdn: shop.test, pathPrefix: "
      "/%7e%61pi/%c3%a9}]}]\n");
  EXPECT_EQ(Run({"diff", "-f", path_}), 0) << out_ << err_;
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("nothing was changed"));
  File("applications: [{name: shop, websites: [{fqdn: shop.test, pathPrefix: /~API}]}]\n");
  EXPECT_EQ(Run({"diff", "-f", path_}), 1) << "case is of the path";
}

TEST_F(ApplyTest, WhatSomebodyElseChangedIsNotOverwritten) {
  File("applications: [{name: shop, ref: next}]\n");
  server_.On("UpdateApplication", [](const std::string& body) {
    platform::UpdateApplicationRequest request;
    request.ParseFromString(body);
    return request.validate_only() ? Ok(platform::UpdateApplicationResponse())
                                   : Refusal(409, "aborted", "etag: was changed");
  });
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 1);
  EXPECT_THAT(err_, HasSubstr(path_ + ":1:16: applications[0]: somebody changed it since it was "
                                      "looked at, and nothing of theirs is overwritten"));
}

TEST_F(ApplyTest, WhatIsChangedWhileItIsStoppedIsNotOverwritten) {
  server_.On("StopApplication", [this](const std::string&) {
    own_.mutable_form()->set_ref_name("theirs");
    server_.On("GetApplication", own_);
    return Ok(google::protobuf::Empty());
  });
  File("applications: [{name: shop, ref: next, running: false}]\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 1);
  EXPECT_THAT(err_, HasSubstr("somebody changed it"));
  ASSERT_EQ(updates_.size(), 1U);
  EXPECT_TRUE(updates_[0].validate_only());
}

// Two that exchange their hosts: what each takes is not asked about beforehand, since the other
// still has it, and one gives up its own first.
TEST_F(ApplyTest, ExchangedHostsAreReleasedAndTaken) {
  auto second = apps_.applications(0);
  second.set_id("a2"), second.set_name("blog");
  *apps_.add_applications() = second;
  server_.On("GetApplications", apps_);
  server_.On("GetApplication", [this](const std::string& body) {
    platform::GetApplicationRequest request;
    request.ParseFromString(body);
    platform::Application one = own_;
    one.set_id(request.application_id());
    one.mutable_form()->set_name(one.id() == "a1" ? "shop" : "blog");
    one.mutable_form()->add_websites()->set_fqdn(one.id() == "a1" ? "x.test" : "y.test");
    return Ok(one);
  });
  File(R"(applications:
  - {name: shop, websites: [{fqdn: y.test}]}
  - {name: blog, websites: [{fqdn: x.test}]}
)");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  EXPECT_THAT(err_, HasSubstr("note: http://y.test/ goes from application blog to shop"));
  std::vector<std::string> told;
  for (const auto& one : updates_) {
    std::string text = one.application_id() + (one.validate_only() ? "?" : "") + " " + one.etag();
    for (const auto& website : one.form().websites()) text += " " + website.fqdn();
    told.push_back(text);
  }
  EXPECT_THAT(told, ElementsAre("a1? 7", "a2? 7", "a1 7", "a2 7 x.test", "a1 8 y.test"));
}

TEST_F(ApplyTest, RefusalNamesThePlace) {
  server_.On("UpdateApplication", [](const std::string&) {
    return Refusal(400, "invalid_argument", "ref_name: must be a branch");
  });
  File("applications:\n  - {name: shop, ref: next}\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 2);
  EXPECT_THAT(err_, HasSubstr(path_ + ":2:5: applications[0]: ref_name: must be a branch"));
}

}  // namespace
}  // namespace ns::cli
