// With OpenSSH's own server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/git_ssh_fixture_for_test.h"

namespace ns::git {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using Lines = std::vector<std::string>;

TEST_F(GitSshTest, ListRefsAndCheckout_WithAKeyOfThePlatformsOwnMaking) {
  const auto refs = Remote()->ListRefs({}, At(SshUrl("a")));
  ASSERT_TRUE(refs.ok()) << refs.status().ToString();
  EXPECT_EQ(refs->size(), 7U);
  const Status status = Remote()->Checkout({}, At(SshUrl("a")), Hash("main"), root_ + "/out", {});
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(root_ + "/out/file"), "two\n");
}

TEST_F(GitSshTest, Checkout_BringsSubmodulesOfTheSameServerWithTheSameKey) {
  Shell(
      "git clone -q --bare work served/lib.git && cd work && "
      "git config -f .gitmodules submodule.x.path x && "
      "git config -f .gitmodules submodule.x.url ../lib.git && git add .gitmodules && "
      "git update-index --add --cacheinfo 160000,$(git rev-parse v1^{commit}),x && "
      "git commit -qm module && git push -q ../served/a.git HEAD:main");
  const Status status = Remote()->Checkout({}, At(SshUrl("a")), Hash("main"), root_ + "/out", {});
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(root_ + "/out/x/file"), "one\n");
}

TEST_F(GitSshTest, InstallationsKey_IsUsedWhereTheRepositoryHasNone) {
  options_.ssh_key = credentials_.ssh_private_key;
  credentials_.ssh_private_key = Secret();
  EXPECT_TRUE(Remote()->ListRefs({}, At(SshUrl("a"))).ok());
}

TEST_F(GitSshTest, AnotherKey_IsAuthenticationFailed) {
  credentials_.ssh_private_key = NewSshKeyPair("other").private_pem;
  const Status status = Remote()->ListRefs({}, At(SshUrl("a"))).status();
  EXPECT_EQ(status.reason(), "AuthenticationFailed") << status.ToString();
}

TEST_F(GitSshTest, MissingRepository_IsRepositoryNotFound) {
  const Status status = Remote()->ListRefs({}, At(SshUrl("nothing"))).status();
  EXPECT_EQ(status.reason(), "RepositoryNotFound") << status.ToString();
}

TEST_F(GitSshTest, UnpinnedHost_IsTrustedOnFirstUseAndNotWithAnotherKey) {
  ASSERT_TRUE(Remote()->ListRefs({}, At(SshUrl("a"))).ok());
  ASSERT_TRUE(Remote()->ListRefs({}, At(SshUrl("a"))).ok());
  NewHostKey("ed25519");
  RestartSsh();
  const Status status = Remote()->ListRefs({}, At(SshUrl("a"))).status();
  EXPECT_EQ(status.reason(), "HostKeyChanged") << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("host key of 127.0.0.1:" + ssh_port_ + " has changed"));
  EXPECT_EQ(Remote()->HostKey({}, At(SshUrl("a")))->verdict.reason(), "HostKeyChanged");
}

TEST_F(GitSshTest, PinnedHost_IsRefusedWithAnotherKeyUntilThatIsPinned) {
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    NewHostKey(type);
    RestartSsh({type});
    const std::string pinned = HostKey(type), print = HostPrint(type);
    credentials_.host_keys = {pinned};
    EXPECT_EQ(Remote()->ListRefs({}, At(SshUrl("a"))).status(), Status());
    NewHostKey(type);
    RestartSsh({type});
    const Status status = Remote()->ListRefs({}, At(SshUrl("a"))).status();
    EXPECT_EQ(status.code(), Code::kDenied);
    EXPECT_EQ(status.reason(), "HostKeyChanged") << status.ToString();
    for (const std::string& word : {"127.0.0.1:" + ssh_port_, print, HostPrint(type),
                                    std::string("ns repo host-key accept REPO SHA256:")})
      EXPECT_THAT(status.message(), HasSubstr(word)) << type;
    const auto look = Remote()->HostKey({}, At(SshUrl("a")));
    ASSERT_TRUE(look.ok()) << look.status().ToString();
    EXPECT_EQ(look->line, HostKey(type));
    EXPECT_EQ(look->verdict, status);
    credentials_.host_keys = {look->line};
    EXPECT_EQ(Remote()->ListRefs({}, At(SshUrl("a"))).status(), Status()) << type;
    EXPECT_EQ(Remote()->HostKey({}, At(SshUrl("a")))->verdict, Status());
  }
  EXPECT_EQ(Read(options_.folder + "/known_hosts"), "") << "pins are another matter";
}

TEST_F(GitSshTest, PinnedHost_ShowsThePinnedKeyAmongOthersItHas) {
  for (const char* type : {"ecdsa", "rsa"}) NewHostKey(type);
  RestartSsh({"ecdsa", "ed25519", "rsa"});
  for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
    credentials_.host_keys = {HostKey(type)};
    EXPECT_EQ(Remote()->ListRefs({}, At(SshUrl("a"))).status(), Status()) << type;
  }
  const std::string gone = HostKey("ecdsa");
  NewHostKey("ecdsa");
  RestartSsh({"ecdsa", "ed25519"});
  credentials_.host_keys = {gone, HostKey("ed25519")};
  const auto look = Remote()->HostKey({}, At(SshUrl("a")));
  EXPECT_THAT((Lines{HostKey("ecdsa"), HostKey("ed25519")}), Contains(look->line));
}

TEST_F(GitSshTest, RefusedHost_IsToldNoCredentials) {
  credentials_.host_keys = {HostKey("ed25519")};
  NewHostKey("ed25519");
  RestartSsh();
  const std::string commit = Hash("main");
  EXPECT_EQ(Remote()->ListRefs({}, At(SshUrl("a"))).status().reason(), "HostKeyChanged");
  EXPECT_EQ(Remote()->Checkout({}, At(SshUrl("a")), commit, root_ + "/out", {}).reason(),
            "HostKeyChanged");
  const std::string log = Read(root_ + "/sshd.log");
  EXPECT_THAT(log, HasSubstr("disconnect from 127.0.0.1"));
  EXPECT_THAT(log, Not(HasSubstr("Accepted publickey")));
  EXPECT_THAT(log, Not(HasSubstr("user root")));
}

TEST_F(GitSshTest, HostWithAWeakKey_IsRefused) {
  Shell("ssh-keygen -q -t rsa -b 1024 -N '' -f host_key_weak");
  RestartSsh({"weak"});
  const auto look = Remote()->HostKey({}, At(SshUrl("a")));
  ASSERT_TRUE(look.ok()) << look.status().ToString();
  EXPECT_EQ(look->verdict.reason(), "HostKeyRefused");
  EXPECT_THAT(look->verdict.message(), HasSubstr("2048 to 16384 bits"));
  EXPECT_EQ(Remote()->ListRefs({}, At(SshUrl("a"))).status().reason(), "HostKeyRefused");
}

TEST_F(GitSshTest, LookingAtAHost_KeepsNoKey) {
  const auto look = Remote()->HostKey({}, At(SshUrl("a")));
  ASSERT_TRUE(look.ok()) << look.status().ToString();
  EXPECT_EQ(look->line, HostKey("ed25519"));
  EXPECT_EQ(look->verdict, Status());
  EXPECT_EQ(Read(options_.folder + "/known_hosts"), "");
  StopSsh();
  EXPECT_EQ(Remote()->HostKey({}, At(SshUrl("a"))).status().reason(), "RemoteUnreachable");
  StartSsh();
}

}  // namespace
}  // namespace ns::git
