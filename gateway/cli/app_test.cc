// `ns app create`, from flags and on a terminal; update, delete, open; variables from a file.
#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "testing/program_run.h"
#include "testing/terminal_run.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;

class AppTest : public ProgramRun {
 protected:
  AppTest()
      : path_((std::filesystem::temp_directory_path() / ("ns-env-" + std::to_string(::getpid())))
                  .string()) {
    OfferShop();
    platform::Suggestion wanted;
    wanted.set_name("fresh");
    wanted.set_fqdn("fresh.test");
    auto& method = *wanted.add_methods();
    method.set_name("runtime_dockerfile");
    method.set_reason("There is a Dockerfile.");
    method.set_http_port(3000);
    auto& config = *method.mutable_config()->mutable_runtime_dockerfile();
    config.set_dockerfile_name("Dockerfile");
    config.set_context(".");
    server_.On("SuggestApplication", wanted);
    server_.On("CreateApplication", [this](const std::string& body) {
      asked_.ParseFromString(body);
      platform::CreateApplicationResponse made;
      made.mutable_application()->set_id("a2");
      *made.mutable_application()->mutable_form() = asked_.form();
      return Ok(made);
    });
    server_.On("UpdateApplication", platform::UpdateApplicationResponse());
    server_.On("GetApplicationStatus", platform::ApplicationStatus());
    for (const char* method_name : {"StartApplication", "DeleteApplication"})
      server_.On(method_name, google::protobuf::Empty());
  }
  ~AppTest() override { std::filesystem::remove(path_); }
  // On a terminal. The child talks to the server of this process.
  std::unique_ptr<TerminalRun> Talk(std::vector<std::string> words) {
    words.insert(words.begin(), {"ns", "--server", server_.unix_address()});
    return std::make_unique<TerminalRun>([words] {
      std::vector<const char*> argv;
      for (const std::string& word : words) argv.push_back(word.c_str());
      return RunProgram(static_cast<int>(argv.size()), argv.data());
    });
  }

  const std::string path_;
  platform::CreateApplicationRequest asked_;
};

TEST_F(AppTest, CreateFromFlags) {
  EXPECT_EQ(Run({"app", "create", "shop", "--name", "x", "--method", "runtime-cmd", "--set",
                 "base_image=alpine", "--set", "command=./serve", "--host", "https://x.test/path",
                 "--port", "9000"}),
            0)
      << err_;
  EXPECT_EQ(out_, "a2\n");
  const auto& form = asked_.form();
  EXPECT_EQ(form.build().method(), "runtime-cmd");
  EXPECT_EQ(form.build().settings(), R"({"base_image":"alpine"})");
  EXPECT_EQ(form.run().command(), "./serve");
  EXPECT_EQ(form.websites(0).fqdn(), "x.test");
  EXPECT_TRUE(form.websites(0).https());
  EXPECT_FALSE(asked_.start());
  EXPECT_THAT(err_, HasSubstr("https://x.test/path"));
}

TEST_F(AppTest, OptionsThatRepeatTakeOneValueEach) {
  EXPECT_EQ(Run({"app", "create", "--host", "a.test", "--host", "b.test", "--set", "context=x",
                 "shop", "--name", "x", "--method", "runtime-dockerfile", "--port", "80"}),
            0)
      << err_;
  EXPECT_EQ(asked_.repository_id(), "r1");
  ASSERT_EQ(asked_.form().websites_size(), 2);
  EXPECT_EQ(asked_.form().websites(1).fqdn(), "b.test");
}

TEST_F(AppTest, StrategyAndBackendOfFlags) {
  EXPECT_EQ(Run({"app", "create", "shop", "--name", "x", "--method", "runtime-dockerfile",
                 "--strategy", "recreate", "--backend", "other"}),
            0)
      << err_;
  EXPECT_EQ(asked_.form().strategy(), platform::ApplicationForm::RECREATE);
  EXPECT_EQ(asked_.form().backend(), "other");
  platform::UpdateApplicationRequest changed;
  server_.On("UpdateApplication", [&](const std::string& body) {
    changed.ParseFromString(body);
    return Ok(platform::UpdateApplicationResponse());
  });
  EXPECT_EQ(Run({"app", "update", "shop", "--strategy", "recreate"}), 0) << err_;
  EXPECT_THAT(changed.update_mask().paths(), testing::ElementsAre("strategy"));
  EXPECT_EQ(changed.form().strategy(), platform::ApplicationForm::RECREATE);
  EXPECT_EQ(Run({"app", "update", "shop", "--strategy", "beside"}), 2);
  own_.mutable_form()->set_strategy(platform::ApplicationForm::RECREATE);
  server_.On("GetApplication", own_);
  EXPECT_EQ(Run({"app", "show", "shop"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("strategy: recreate"));
}

TEST_F(AppTest, WrongSettingsAreTold) {
  const auto create = [&](const std::string& setting) {
    return Run(
        {"app", "create", "shop", "--name", "x", "--method", "static-cmd", "--set", setting});
  };
  EXPECT_EQ(create("artifactpth=x"), 2);
  EXPECT_THAT(err_, HasSubstr("has no setting \"artifactpth\"; did you mean \"artifactPath\"?"));
  EXPECT_EQ(create("spa=maybe"), 2);
  EXPECT_THAT(err_, HasSubstr("spa must be true or false, not \"maybe\""));
  EXPECT_EQ(create("spa"), 2);
  EXPECT_THAT(err_, HasSubstr("give KEY=VALUE"));
}

TEST_F(AppTest, YesTakesWhatTheSourceSuggests) {
  std::ofstream(path_) << "A=1\n";
  EXPECT_EQ(Run({"app", "create", "--repo", "shop", "--yes", "--env-file", path_}), 0) << err_;
  EXPECT_EQ(asked_.form().name(), "fresh");
  EXPECT_EQ(asked_.form().websites(0).fqdn(), "fresh.test");
  EXPECT_EQ(asked_.form().websites(0).http_port(), 3000);
  EXPECT_EQ(asked_.form().env(0).value(), "1");
  EXPECT_TRUE(asked_.start());
  EXPECT_THAT(err_, HasSubstr("runtime-dockerfile: There is a Dockerfile."));
  EXPECT_THAT(server_.calls(),
              testing::ElementsAre("GetRepositories", "SuggestApplication", "CreateApplication"));
}

TEST_F(AppTest, CreateOnATerminalAsksWithDefaults) {
  auto talk = Talk({"app", "create"});
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"Repository (name, id or URL) [shop]: ", ""},
      {"Branch or tag [HEAD]: ", "main"},
      {"Name [fresh]: ", "mine"},
      {"Build method [runtime-dockerfile]: ", "nope"},
      {"There is no method \"nope\"", ""},
      {"Build method [runtime-dockerfile]: ", ""},
      {"entrypoint: ", ""},
      {"command: ", "./run"},
      {"dockerfileName [Dockerfile]: ", "Other"},
      {"context [.]: ", ""},
      {"or none [fresh.test]: ", ""},
      {"listens on [3000]: ", "4000"},
      {"Start it at once? [Y/n]: ", "n"}};
  for (const auto& [question, answer] : answers) {
    ASSERT_TRUE(talk->Await(question)) << question << talk->printed();
    if (!question.starts_with("There")) talk->Type(answer + "\n");
  }
  EXPECT_EQ(talk->Finish(), 0) << talk->printed();
  EXPECT_THAT(talk->printed(), HasSubstr("fits: There is a Dockerfile."));
  EXPECT_EQ(asked_.form().name(), "mine");
  EXPECT_EQ(asked_.form().ref_name(), "main");
  EXPECT_EQ(asked_.form().build().settings(), R"({"dockerfile_name":"Other","context":"."})");
  EXPECT_EQ(asked_.form().run().command(), "./run");
  EXPECT_EQ(asked_.form().websites(0).http_port(), 4000);
  EXPECT_FALSE(asked_.start());
}

TEST_F(AppTest, DeleteAsksForTheName) {
  EXPECT_EQ(Run({"app", "delete", "shop"}), 2);
  EXPECT_THAT(err_, HasSubstr("--yes does it without asking"));
  auto wrong = Talk({"app", "delete", "shop"});
  ASSERT_TRUE(wrong->Await("Its name once more"));
  wrong->Type("shopp\n");
  EXPECT_EQ(wrong->Finish(), 1);
  EXPECT_THAT(server_.calls(), testing::Not(testing::Contains("DeleteApplication")));
  auto right = Talk({"app", "delete", "shop"});
  ASSERT_TRUE(right->Await("Its name once more"));
  right->Type("shop\n");
  EXPECT_EQ(right->Finish(), 0) << right->printed();
  EXPECT_THAT(server_.calls(), testing::Contains("DeleteApplication"));
}

TEST_F(AppTest, InterruptedQuestionLeavesTheTerminalAsItWas) {
  auto talk = Talk({"app", "delete", "shop"});
  ASSERT_TRUE(talk->Await("Its name once more"));
  talk->Type("\003");
  EXPECT_EQ(talk->Finish(), 128 + SIGINT);
  EXPECT_THAT(server_.calls(), testing::Not(testing::Contains("DeleteApplication")));
}

TEST_F(AppTest, UpdateChangesWhatIsGiven) {
  platform::UpdateApplicationRequest changed;
  server_.On("UpdateApplication", [&](const std::string& body) {
    changed.ParseFromString(body);
    return Ok(platform::UpdateApplicationResponse());
  });
  auto& newer = *own_.mutable_form()->mutable_run();
  newer.GetReflection()->MutableUnknownFields(&newer)->AddVarint(999, 1);
  server_.On("GetApplication", own_);
  EXPECT_EQ(Run({"app", "update", "shop", "--ref", "next", "--set", "dockerfileName=Other"}), 0)
      << err_;
  EXPECT_EQ(changed.form().ref_name(), "next");
  EXPECT_EQ(changed.form().build().settings(), R"({"dockerfile_name":"Other","context":"."})");
  EXPECT_EQ(changed.etag(), "7");
  EXPECT_THAT(changed.update_mask().paths(), testing::ElementsAre("ref_name", "build", "run"));
  const auto& run = changed.form().run();
  EXPECT_EQ(run.GetReflection()->GetUnknownFields(run).field_count(), 1) << "of a newer server";
  EXPECT_EQ(Run({"app", "update", "shop", "--owner", "alice"}), 0);
  EXPECT_THAT(changed.update_mask().paths(), testing::ElementsAre("owner_ids"));
  EXPECT_EQ(changed.form().owner_ids(0), "u1");
  EXPECT_EQ(Run({"app", "update", "shop", "--owner", "carol"}), 3);
  EXPECT_EQ(Run({"app", "update", "shop"}), 2);
  EXPECT_THAT(err_, HasSubstr("Nothing is to be changed"));
  EXPECT_EQ(Run({"app", "update", "shop", "--host", "x.test"}), 2);
  EXPECT_THAT(err_, HasSubstr("--host needs --port"));
  EXPECT_EQ(Run({"app", "update", "shop", "--host", "none"}), 0) << err_;
  EXPECT_THAT(changed.update_mask().paths(), testing::ElementsAre("websites"));
  EXPECT_THAT(changed.form().websites(), testing::IsEmpty());
}

TEST_F(AppTest, UpdateOfHostsKeepsWhatTheFlagsDoNotSay) {
  platform::UpdateApplicationRequest changed;
  server_.On("UpdateApplication", [&](const std::string& body) {
    changed.ParseFromString(body);
    return Ok(platform::UpdateApplicationResponse());
  });
  auto& first = *own_.mutable_form()->add_websites();
  first.set_fqdn("shop.test"), first.set_path_prefix("/"), first.set_https(true);
  first.set_http_port(3000), first.set_authentication(api::HARD);
  first.GetReflection()->MutableUnknownFields(&first)->AddVarint(999, 1);
  auto& second = *own_.mutable_form()->add_websites() = first;
  second.set_path_prefix("/api"), second.set_strip_prefix(true), second.set_h2c(true);
  second.set_http_port(4000);
  server_.On("GetApplication", own_);
  EXPECT_EQ(Run({"app", "update", "shop", "--host", "Shop.Test", "--host", "shop.test/api"}), 0)
      << err_;
  ASSERT_EQ(changed.form().websites_size(), 2);
  EXPECT_EQ(changed.form().websites(0).SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(changed.form().websites(1).SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(Run({"app", "update", "shop", "--host", "http://shop.test/api", "--host", "new.test",
                 "--port", "80"}),
            0)
      << err_;
  EXPECT_FALSE(changed.form().websites(0).https());
  EXPECT_TRUE(changed.form().websites(0).strip_prefix());
  EXPECT_EQ(changed.form().websites(0).http_port(), 80);
  EXPECT_EQ(changed.form().websites(1).fqdn(), "new.test");
  EXPECT_EQ(changed.form().websites(1).authentication(), api::HARD);
  EXPECT_EQ(Run({"app", "update", "shop", "--host", "new.test"}), 2);
  EXPECT_THAT(err_, HasSubstr("--host new.test needs --port"));
  second.set_authentication(api::OFF);
  server_.On("GetApplication", own_);
  EXPECT_EQ(Run({"app", "update", "shop", "--host", "new.test", "--port", "80"}), 2);
  EXPECT_THAT(err_, HasSubstr("`authentication`; `ns apply` says which"));
}

TEST_F(AppTest, UpdateDoesNotOverwriteWhatSomebodyElseChanged) {
  server_.On("UpdateApplication", Refusal(409, "aborted", "etag: was changed"));
  EXPECT_EQ(Run({"app", "update", "shop", "--ref", "next"}), 1);
  EXPECT_THAT(err_, HasSubstr("Somebody else changed shop at this moment; nothing of theirs is"));
}

TEST_F(AppTest, UpdateDoesNotDeleteSettingsThatItDoesNotKnow) {
  own_.mutable_form()->mutable_build()->set_settings(R"({"dockerfile_name":"A","newer":"x"})");
  server_.On("GetApplication", own_);
  std::vector<platform::UpdateApplicationRequest> changes;
  server_.On("UpdateApplication", [&](const std::string& body) {
    changes.emplace_back().ParseFromString(body);
    return Ok(platform::UpdateApplicationResponse());
  });
  EXPECT_EQ(Run({"app", "update", "shop", "--set", "dockerfileName=Other"}), 1);
  EXPECT_THAT(err_, HasSubstr("settings for it that this ns does not know"));
  EXPECT_THAT(err_, HasSubstr("newer"));
  EXPECT_THAT(err_, HasSubstr("update ns first"));
  EXPECT_THAT(changes, testing::IsEmpty());
  EXPECT_EQ(Run({"app", "update", "shop", "--ref", "next"}), 0) << err_;
  EXPECT_EQ(Run({"app", "update", "shop", "--method", "static-cmd"}), 0) << "another method's";
  EXPECT_EQ(changes.size(), 2U);
}

TEST_F(AppTest, RestartNeedsARunningOne) {
  EXPECT_EQ(Run({"app", "restart", "shop"}), 0) << err_;
  apps_.mutable_applications(0)->set_running(false);
  server_.On("GetApplications", apps_);
  EXPECT_EQ(Run({"app", "restart", "shop"}), 1);
  EXPECT_THAT(err_, HasSubstr("`ns app start shop` starts it"));
}

TEST_F(AppTest, OpenPrintsTheUrls) {
  platform::ApplicationStatus status;
  status.set_name("shop");
  server_.On("GetApplicationStatus", status);
  EXPECT_EQ(Run({"open", "shop"}), 3);
  status.add_urls("http://shop.test/");
  server_.On("GetApplicationStatus", status);
  EXPECT_EQ(Run({"open", "shop"}), 0);
  EXPECT_EQ(out_, "http://shop.test/\n");
}

TEST_F(AppTest, VariablesOfAFileAreSetTogetherOrNotAtAll) {
  std::ofstream(path_) << "A=1\nB=2\n";
  platform::UpdateApplicationRequest changed;
  server_.On("UpdateApplication", [&](const std::string& body) {
    changed.ParseFromString(body);
    return Ok(platform::UpdateApplicationResponse());
  });
  EXPECT_EQ(Run({"env", "set", "shop", "--from-file", path_, "C=3", "B=4"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("3 set of shop"));
  EXPECT_EQ(std::ranges::count(server_.calls(), "UpdateApplication"), 1);
  ASSERT_EQ(changed.form().env_size(), 3);
  EXPECT_EQ(changed.form().env(1).value(), "4") << "the command line counts";
  std::ofstream(path_) << "A=1\nlower=2\n";
  EXPECT_EQ(Run({"env", "set", "shop", "--from-file", path_}), 2);
  EXPECT_THAT(err_, HasSubstr(path_ + ":2: the key must match [A-Z_][A-Z0-9_]*, got"));
  EXPECT_EQ(std::ranges::count(server_.calls(), "UpdateApplication"), 1);
}

}  // namespace
}  // namespace ns::cli
