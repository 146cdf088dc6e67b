// The keys of SSH hosts in the form: read, written, planned and applied.
#include <gmock/gmock.h>

#include "form/host_key.h"
#include "form/plan.h"
#include "neoshowcase/platform/v1/repository.pb.h"
#include "testing/form_on_disk.h"
#include "testing/form_text.h"
#include "testing/program_run.h"

namespace ns::cli {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kOne[] =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
constexpr char kTwo[] =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN71PpXx/Hoqp9vEaF8oLx4+TqOzZLB2IuWO2xXSObJS";

// Of a repository "shop" with `rest` behind its name.
std::string Form(const std::string& rest) { return "repositories: [{name: shop" + rest + "}]\n"; }
std::string Keys(const std::string& list) { return ", hostKeys: [" + list + "]"; }

std::vector<std::string> MistakesOf(const std::string& rest) {
  return form::MistakesOf(Form(rest));
}

TEST(FormHostKeys, AreReadWithoutCommentsAndWrittenOneALine) {
  const auto read = form::Parse(Form(Keys(std::string(kOne) + " of git.test, " + kTwo)));
  ASSERT_THAT(read.mistakes, IsEmpty());
  EXPECT_THAT(*read.form.repositories[0].host_keys, ElementsAre(kOne, kTwo));
  const std::string text = form::Write(read.form);
  EXPECT_EQ(text, "repositories:\n  - name: shop\n    hostKeys:\n      - \"" + std::string(kOne) +
                      "\"\n      - \"" + kTwo + "\"\n");
  EXPECT_EQ(form::Write(form::Parse(text).form), text);
}

TEST(FormHostKeys, MistakesNameFieldRuleAndValue) {
  EXPECT_THAT(
      MistakesOf(Keys("git.test ssh-ed25519 AAAA, ssh-dss AAAA")),
      ElementsAre(AllOf(HasSubstr("f:1:40: repositories[0].hostKeys[0]: must begin with one "
                                  "of ssh-ed25519, ecdsa"),
                        HasSubstr(", not \"git.test ssh-ed25519 AAAA\"")),
                  HasSubstr("hostKeys[1]: must begin with one of")));
  const std::string key = kOne, cut = key.substr(0, key.size() - 4);
  for (const std::string& broken :
       {std::string("ssh-ed25519"), std::string("ssh-ed25519 AAAA"), cut, key + "AAAA", key + "=",
        "ssh-rsa" + key.substr(key.find(' '))})
    EXPECT_THAT(MistakesOf(Keys(broken)),
                ElementsAre(HasSubstr("hostKeys[0]: must have its key behind ssh-")))
        << broken;
  EXPECT_THAT(MistakesOf(Keys("\"" + key + "\\n\"")),
              ElementsAre(HasSubstr("hostKeys[0]: must be one line")));
  EXPECT_THAT(MistakesOf(Keys(key + ", " + key + " again")),
              ElementsAre(HasSubstr("hostKeys[1]: is given twice")));
  EXPECT_THAT(MistakesOf(Keys("")),
              ElementsAre(AllOf(HasSubstr("repositories[0].hostKeys: must name a key, not []: pins "
                                          "are replaced and never removed"),
                                HasSubstr("`ns repo host-key accept`"))));
  EXPECT_THAT(MistakesOf(", hostKeys: " + key),
              ElementsAre(HasSubstr("hostKeys: must be a list, not a text")));
  std::string many;
  for (int i = 0; i < 17; ++i) many += (many.empty() ? "" : ", ") + key;
  EXPECT_THAT(MistakesOf(Keys(many)),
              Contains(HasSubstr("hostKeys: must be at most 16 keys, not 17")));
}

class HostKeysRun : public ProgramRun {
 protected:
  HostKeysRun() {
    OfferShop();
    auto& repo = *repos_.mutable_repositories(0);
    repo.set_url("git@git.test:shop.git");
    repo.set_auth_method(api::Repository::SSH);
    server_.On("GetRepositories", repos_);
    keys_.add_pinned()->set_public_key(kOne);
    keys_.mutable_shown()->set_public_key(kTwo);
    server_.On("GetHostKeys", [this](const std::string& body) {
      gets_.emplace_back().ParseFromString(body);
      return Ok(keys_);
    });
    server_.On("SetHostKeys", [this](const std::string& body) {
      sets_.emplace_back().ParseFromString(body);
      return Ok(keys_);
    });
    server_.On("UpdateRepository", [this](const std::string& body) {
      updates_.push_back(body);
      return Ok(google::protobuf::Empty());
    });
    server_.On("CreateRepository", [this](const std::string& body) {
      creates_.emplace_back().ParseFromString(body);
      return Ok(repos_.repositories(0));
    });
  }
  int Apply(const std::string& text) {
    file_.Write(text);
    return Run({"apply", "-f", file_.path(), "--yes"});
  }

  FormOnDisk file_;
  platform::HostKeys keys_;
  std::vector<platform::GetHostKeysRequest> gets_;
  std::vector<platform::SetHostKeysRequest> sets_;
  std::vector<std::string> updates_;
  std::vector<platform::CreateRepositoryRequest> creates_;
};

TEST_F(HostKeysRun, WhatIsExportedIsWhatIsPinnedAndChangesNothing) {
  ASSERT_EQ(Run({"export"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("    hostKeys:\n      - \"" + std::string(kOne) + "\"\n"));
  EXPECT_THAT(out_, Not(HasSubstr(kTwo))) << "what is shown is pinned by nobody";
  EXPECT_EQ(Apply(out_), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("nothing was changed"));
  keys_.clear_pinned();
  ASSERT_EQ(Run({"export"}), 0) << err_;
  EXPECT_THAT(out_, Not(HasSubstr("hostKeys")));
}

// Hosts may be dead, or many.
TEST_F(HostKeysRun, NoHostIsAskedForWhatItShows) {
  const std::string same = Form(Keys(kOne));
  file_.Write(same);
  ASSERT_EQ(Run({"export"}), 0) << err_;
  ASSERT_EQ(Run({"diff", "-f", file_.path()}), 0) << err_;
  ASSERT_EQ(Apply(same), 0) << err_;
  ASSERT_EQ(Apply(Form(Keys(kTwo))), 0) << err_;
  ASSERT_EQ(sets_.size(), 1U);
  ASSERT_EQ(gets_.size(), 4U);
  for (const auto& get : gets_) {
    EXPECT_EQ(get.repository_id(), "r1");
    EXPECT_TRUE(get.pinned_only());
  }
}

TEST_F(HostKeysRun, NoneAtAll_IsAMistakeThatChangesNothing) {
  EXPECT_EQ(Apply(Form(Keys(""))), 2);
  EXPECT_THAT(err_, HasSubstr("repositories[0].hostKeys: must name a key, not []"));
  EXPECT_THAT(server_.calls(), IsEmpty());
}

TEST_F(HostKeysRun, ExportGoesOnWhereNobodyTellsThem) {
  server_.On("GetHostKeys", Refusal(501, "unimplemented", "not here"));
  ASSERT_EQ(Run({"export"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("- name: shop"), Not(HasSubstr("hostKeys"))));
  EXPECT_THAT(err_, HasSubstr("note: shop: its pinned host keys are not told"));
  server_.On("GetHostKeys", Refusal(429, "resource_exhausted", "six wait already"));
  EXPECT_NE(Run({"export"}), 0) << "another time it tells them";
}

TEST_F(HostKeysRun, ADifferenceIsShownAndThePinsAreSet) {
  const std::string both = Form(Keys(std::string(kTwo) + ", " + kOne + " comment"));
  file_.Write(both);
  EXPECT_EQ(Run({"diff", "-f", file_.path()}), 1) << err_;
  EXPECT_THAT(out_, HasSubstr("+      - \"" + std::string(kTwo) + "\"\n       - \"" + kOne));
  EXPECT_EQ(Apply(both), 0) << err_;
  EXPECT_THAT(err_, HasSubstr("~ change repository shop: hostKeys\n"));
  ASSERT_EQ(sets_.size(), 1U);
  EXPECT_EQ(sets_[0].repository_id(), "r1");
  EXPECT_THAT(sets_[0].host_keys(), ElementsAre(kTwo, kOne));
  EXPECT_THAT(updates_, IsEmpty());
}

TEST_F(HostKeysRun, TheSameInAnotherOrderAndNoListLeaveThePinsAlone) {
  keys_.add_pinned()->set_public_key(kTwo);
  EXPECT_EQ(Apply(Form(Keys(std::string(kTwo) + ", " + kOne))), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("nothing was changed"));
  EXPECT_EQ(Apply(Form(", id: r1") + "applications: []\n"), 0) << err_;
  EXPECT_EQ(Apply("repositories: [{name: store, id: r1}]\n"), 0) << err_;
  EXPECT_THAT(sets_, IsEmpty());
  EXPECT_EQ(updates_.size(), 1U);
}

// Else it would be told credentials for what a host shows that nobody has looked at.
TEST_F(HostKeysRun, GoWithAnotherUrlAndWithANewRepository) {
  EXPECT_EQ(
      Apply(Form(", url: 'git@other.test:shop.git', auth: {method: ssh, key: k}" + Keys(kOne))), 0)
      << err_;
  ASSERT_EQ(updates_.size(), 1U);
  platform::UpdateRepositoryRequest update;
  ASSERT_TRUE(update.ParseFromString(updates_[0]));
  EXPECT_THAT(server_.methods(),
              Contains("neoshowcase.platform.v1.RepositoryService/UpdateRepository"));
  EXPECT_EQ(update.repository_id(), "r1");
  EXPECT_EQ(update.update().url(), "git@other.test:shop.git");
  EXPECT_THAT(update.host_keys(), ElementsAre(kOne));
  EXPECT_EQ(Apply("repositories: [{name: new, url: 'git@git.test:new.git', auth: {method: ssh, "
                  "key: k}" +
                  Keys(kTwo) + "}]\n"),
            0)
      << err_;
  ASSERT_EQ(creates_.size(), 1U);
  EXPECT_EQ(creates_[0].repository().auth().ssh().key_id(), "k");
  EXPECT_THAT(creates_[0].host_keys(), ElementsAre(kTwo));
  EXPECT_THAT(sets_, IsEmpty());
}

TEST_F(HostKeysRun, AreRefusedWhereThereIsNothingToPin) {
  EXPECT_EQ(Apply(Form(", auth: {method: none}" + Keys(kTwo))), 2);
  EXPECT_THAT(err_, HasSubstr("repositories[0].hostKeys: is for auth of method: ssh alone, not "
                              "\"none\""));
  EXPECT_THAT(sets_, IsEmpty());
}

TEST_F(HostKeysRun, AreForOwnersAlone) {
  repos_.mutable_repositories(0)->set_owner_ids(0, "u2");
  server_.On("GetRepositories", repos_);
  EXPECT_EQ(Apply(Form(Keys(kTwo))), 2);
  EXPECT_THAT(err_, HasSubstr("repositories[0].hostKeys: is for owners and admins alone"));
  EXPECT_EQ(Run({"export", "shop"}), 0) << err_;
  EXPECT_THAT(out_, Not(HasSubstr("hostKeys")));
  EXPECT_THAT(server_.calls(), Not(AnyOf(Contains("GetHostKeys"), Contains("SetHostKeys"))));
}

TEST_F(HostKeysRun, RefusalOfAPinHasItsPlace) {
  server_.On("SetHostKeys", Refusal(400, "invalid_argument", "host_keys[0]: is none"));
  EXPECT_EQ(Apply(Form(Keys(kTwo))), 2);
  EXPECT_THAT(err_, HasSubstr(file_.path() + ":1:16: repositories[0]: host_keys[0]: is none"));
}

}  // namespace
}  // namespace ns::cli
