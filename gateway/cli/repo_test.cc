// `ns repo` and `ns build list --all` against a real HTTP server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "context.h"
#include "neoshowcase/platform/v1/repository.pb.h"
#include "program.h"
#include "testing/api_server.h"

namespace ns::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RepoTest : public testing::Test {
 protected:
  RepoTest() {
    auto& repo = *repos_.add_repositories();
    repo.set_id("r1");
    repo.set_name("shop");
    repo.set_url("http://git.test/shop.git");
    repo.add_owner_ids("u1");
    server_.On("GetRepositories", repos_);
    api::GetUsersResponse users;
    for (const auto& [id, name] : {std::pair("u1", "alice"), std::pair("u2", "bob")}) {
      auto& user = *users.add_users();
      user.set_id(id);
      user.set_name(name);
    }
    server_.On("GetUsers", users);
    auto& app = *apps_.add_applications();
    app.set_id("a1");
    app.set_name("front");
    server_.On("GetApplications", apps_);
    api::GenerateKeyPairResponse pair;
    pair.set_key_id("k1");
    pair.set_public_key("ssh-ed25519 AAAA home");
    server_.On("GenerateKeyPair", pair);
    server_.On("CreateRepository", Keep(created_, repos_.repositories(0)));
    server_.On("UpdateRepository", Keep(updated_, google::protobuf::Empty()));
    server_.On("DeleteRepository", google::protobuf::Empty());
  }
  // Keeps the request and answers.
  template <class In, class Out>
  static ApiServer::Answer Keep(In& in, Out out) {
    return [&in, out](const std::string& body) {
      EXPECT_TRUE(in.ParseFromString(body));
      return Ok(out);
    };
  }

  int Run(std::vector<std::string> words) {
    const std::string address = server_.unix_address();
    words.insert(words.begin(), {"ns", "--server", address});
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int exit = RunProgram(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return exit;
  }
  std::string PasswordFile() {
    const std::string path = testing::TempDir() + "/password";
    std::ofstream(path) << "hunter2\nrest\n";
    return path;
  }

  ApiServer server_;
  api::GetRepositoriesResponse repos_;
  api::GetApplicationsResponse apps_;
  api::CreateRepositoryRequest created_;
  api::UpdateRepositoryRequest updated_;
  std::string out_, err_;
};

TEST_F(RepoTest, Add_SendsTheLoginThatIsGiven) {
  EXPECT_EQ(Run({"repo", "add", "http://git.test/shop.git"}), 0);
  EXPECT_EQ(out_, "r1\n");
  EXPECT_TRUE(created_.auth().has_none());
  EXPECT_EQ(created_.name(), "shop");
  EXPECT_EQ(Run({"repo", "add", "http://git.test/shop.git", "--basic", "bot", "--password-file",
                 PasswordFile()}),
            0);
  EXPECT_EQ(created_.auth().basic().username(), "bot");
  EXPECT_EQ(created_.auth().basic().password(), "hunter2");
  EXPECT_EQ(Run({"repo", "add", "git@git.test:shop.git", "--key", "k1"}), 0);
  EXPECT_EQ(created_.auth().ssh().key_id(), "k1");
  EXPECT_EQ(Run({"repo", "add", "git@git.test:shop.git", "--key", "platform"}), 0);
  EXPECT_TRUE(created_.auth().has_ssh());
  EXPECT_EQ(created_.auth().ssh().key_id(), "");
  EXPECT_EQ(Run({"repo", "add", "x", "--basic", "bot"}), 2);
  EXPECT_EQ(Run({"repo", "add", "x", "--basic", "bot", "--password-file", "/nonexistent"}), 2);
  EXPECT_EQ(Run({"repo", "add", "x", "--basic", "bot", "--password-file", "f", "--ssh"}), 2);
}

TEST_F(RepoTest, AddWithSsh_PrintsTheKeyAndWhatToDo) {
  EXPECT_EQ(Run({"--json", "repo", "add", "git@git.test:shop.git", "--ssh"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"keyId\": \"k1\""));
  EXPECT_EQ(created_.url(), "") << "nothing is registered before the key is at the host";
}

TEST_F(RepoTest, Show_NamesOwnersAndApplications) {
  platform::RepositoryStatus status;
  status.add_conditions()->set_reason("RemoteTimeout");
  status.mutable_conditions(0)->set_message("it did not answer");
  server_.On("GetRepositoryStatus", status);
  EXPECT_EQ(Run({"repo", "show", "shop"}), 0);
  EXPECT_THAT(out_, HasSubstr("last look     RemoteTimeout: it did not answer"));
  EXPECT_THAT(out_, HasSubstr("alice"));
  EXPECT_THAT(out_, HasSubstr("front"));
  EXPECT_EQ(Run({"--json", "repo", "show", "r1"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"ownerIds\""));
  EXPECT_EQ(Run({"repo", "show", "nope"}), 3);
}

TEST_F(RepoTest, Update_SendsWhatIsGivenAlone) {
  EXPECT_EQ(Run({"repo", "update", "shop", "--name", "store"}), 0);
  EXPECT_EQ(updated_.id(), "r1");
  EXPECT_EQ(updated_.name(), "store");
  EXPECT_FALSE(updated_.has_url() || updated_.has_auth() || updated_.has_owner_ids());
  EXPECT_EQ(Run({"repo", "update", "shop", "--url", "https://x.test/y", "--no-auth"}), 0);
  EXPECT_EQ(updated_.url(), "https://x.test/y");
  EXPECT_TRUE(updated_.auth().has_none());
  EXPECT_EQ(Run({"repo", "update", "shop"}), 2);
  EXPECT_THAT(err_, HasSubstr("Say what to change"));
}

TEST_F(RepoTest, Owners_AreShownAddedAndRemovedByName) {
  EXPECT_EQ(Run({"repo", "owners", "shop"}), 0);
  EXPECT_EQ(out_, "alice\n");
  EXPECT_EQ(Run({"repo", "owners", "shop", "--add", "bob", "--remove", "u1"}), 0);
  ASSERT_EQ(updated_.owner_ids().owner_ids_size(), 1);
  EXPECT_EQ(updated_.owner_ids().owner_ids(0), "u2");
  EXPECT_EQ(Run({"repo", "owners", "shop", "--add", "eve"}), 3);
}

TEST_F(RepoTest, HostKeys_GoWithTheRepository) {
  platform::CreateRepositoryRequest created;
  server_.On("CreateRepository", Keep(created, repos_.repositories(0)));
  EXPECT_EQ(Run({"repo", "add", "git@git.test:shop.git", "--key", "k1", "--host-key",
                 "ssh-ed25519 AAAA", "--host-key", "ssh-rsa BBBB"}),
            0)
      << err_;
  EXPECT_EQ(out_, "r1\n");
  EXPECT_EQ(created.repository().auth().ssh().key_id(), "k1");
  EXPECT_THAT(created.host_keys(), ElementsAre("ssh-ed25519 AAAA", "ssh-rsa BBBB"));
  platform::UpdateRepositoryRequest updated;
  server_.On("UpdateRepository", Keep(updated, google::protobuf::Empty()));
  EXPECT_EQ(Run({"repo", "update", "shop", "--host-key", "ssh-ed25519 CCCC"}), 0) << err_;
  EXPECT_EQ(updated.repository_id(), "r1");
  EXPECT_FALSE(updated.update().has_url());
  EXPECT_THAT(updated.host_keys(), ElementsAre("ssh-ed25519 CCCC"));
}

platform::HostKeys ChangedKeys() {
  platform::HostKeys keys;
  keys.set_host("git.test:22");
  auto& pinned = *keys.add_pinned();
  pinned.set_public_key("ssh-ed25519 AAAA");
  pinned.set_fingerprint("SHA256:old");
  keys.mutable_shown()->set_public_key("ssh-rsa BBBB");
  keys.mutable_shown()->set_fingerprint("SHA256:new");
  keys.set_reason("HostKeyChanged");
  keys.set_message("somebody may be in between");
  return keys;
}

TEST_F(RepoTest, HostKeyShow_TellsThePinnedAndTheShown) {
  platform::GetHostKeysRequest get;
  server_.On("GetHostKeys", Keep(get, ChangedKeys()));
  EXPECT_EQ(Run({"repo", "host-key", "show", "shop"}), 0) << err_;
  EXPECT_EQ(out_,
            "git.test:22\n"
            "FINGERPRINT  TYPE         IS\n"
            "SHA256:old   ssh-ed25519  pinned\n"
            "SHA256:new   ssh-rsa      shown\n"
            "HostKeyChanged: somebody may be in between\n");
  EXPECT_FALSE(get.pinned_only()) << "the host is asked";
  EXPECT_EQ(Run({"--json", "repo", "host-key", "show", "shop"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"fingerprint\": \"SHA256:new\""));
}

TEST_F(RepoTest, HostKeyAccept_NeedsTheFingerprintThatSomebodyHasSeen) {
  platform::SetHostKeysRequest set;
  server_.On("GetHostKeys", ChangedKeys());
  server_.On("SetHostKeys", Keep(set, ChangedKeys()));
  EXPECT_EQ(Run({"repo", "host-key", "accept", "shop", "SHA256:new"}), 0) << err_;
  EXPECT_EQ(set.repository_id(), "r1");
  EXPECT_EQ(set.accept(), "SHA256:new");
  set.Clear();
  EXPECT_EQ(Run({"--json", "repo", "host-key", "accept", "shop"}), 2);
  EXPECT_THAT(err_, HasSubstr("ns repo host-key accept shop SHA256:new"));
  EXPECT_EQ(set.accept(), "") << "nobody has said yes";
}

TEST_F(RepoTest, HostKeySet_SendsAllOfThem) {
  platform::SetHostKeysRequest set;
  server_.On("SetHostKeys", Keep(set, ChangedKeys()));
  EXPECT_EQ(Run({"repo", "host-key", "set", "shop", "ssh-ed25519 AAAA", "ssh-rsa BBBB"}), 0);
  EXPECT_THAT(set.host_keys(), ElementsAre("ssh-ed25519 AAAA", "ssh-rsa BBBB"));
  EXPECT_EQ(Run({"repo", "host-key", "set", "shop"}), 2);
}

TEST_F(RepoTest, Delete_SaysSo) {
  EXPECT_EQ(Run({"repo", "delete", "shop"}), 0);
  EXPECT_EQ(out_, "shop is registered no more.\n");
  server_.On("DeleteRepository", [](const std::string&) {
    return Refusal(400, "failed_precondition", "applications of repository r1 exist");
  });
  EXPECT_NE(Run({"repo", "delete", "shop"}), 0);
  EXPECT_THAT(err_, HasSubstr("applications of repository r1 exist"));
}

TEST_F(RepoTest, AllBuilds_AreListedWithTheirApplications) {
  api::GetBuildsResponse builds;
  for (const char* app : {"a1", "gone"}) {
    auto& build = *builds.add_builds();
    build.set_id(std::string("of-") + app);
    build.set_application_id(app);
  }
  api::GetAllBuildsRequest asked;
  server_.On("GetAllBuilds", Keep(asked, builds));
  EXPECT_EQ(Run({"build", "list", "--all", "-n", "2", "--page", "3"}), 0);
  EXPECT_EQ(asked.limit(), 2);
  EXPECT_EQ(asked.page(), 3);
  EXPECT_THAT(out_, HasSubstr("of-a1    front"));
  EXPECT_THAT(out_, HasSubstr("of-gone  gone"));
  EXPECT_EQ(Run({"build", "list"}), 2);
  EXPECT_EQ(Run({"build", "list", "front", "--all"}), 2);
}

}  // namespace
}  // namespace ns::cli
