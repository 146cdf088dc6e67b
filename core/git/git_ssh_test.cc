// With OpenSSH's own server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/git_ssh_fixture_for_test.h"

namespace ns::git {
namespace {

using testing::HasSubstr;

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

TEST_F(GitSshTest, ChangedHostKey_IsRefused) {
  ASSERT_TRUE(Remote()->ListRefs({}, At(SshUrl("a"))).ok());
  ASSERT_TRUE(Remote()->ListRefs({}, At(SshUrl("a"))).ok());
  StopSsh();
  NewHostKey();
  StartSsh();
  const Status status = Remote()->ListRefs({}, At(SshUrl("a"))).status();
  EXPECT_EQ(status.reason(), "AuthenticationFailed") << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("host key of 127.0.0.1:" + ssh_port_ + " has changed"));
}

}  // namespace
}  // namespace ns::git
