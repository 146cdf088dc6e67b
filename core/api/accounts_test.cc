#include "api/accounts.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

#include "api/identity.h"

namespace ns::api {
namespace {

// The groups of the machine, while this program runs, with their members.
std::map<gid_t, std::vector<std::string>>& Groups() {
  static std::map<gid_t, std::vector<std::string>> groups;
  return groups;
}

constexpr uint32_t kService = 70'001, kOther = 70'002;

}  // namespace
}  // namespace ns::api

// In place of the C library's, by which a test could not have members of its own.
extern "C" int getgrgid_r(gid_t gid, group* entry, char* buffer, size_t size, group** found) {
  *found = nullptr;
  const auto known = ns::api::Groups().find(gid);
  if (known == ns::api::Groups().end()) return 0;
  size_t needed = (known->second.size() + 1) * sizeof(char*);
  for (const std::string& member : known->second) needed += member.size() + 1;
  if (size < needed) return ERANGE;
  auto** members = reinterpret_cast<char**>(buffer);
  char* text = buffer + (known->second.size() + 1) * sizeof(char*);
  entry->gr_gid = gid;
  entry->gr_mem = members;
  for (const std::string& member : known->second) {
    *members++ = text;
    std::memcpy(text, member.c_str(), member.size() + 1);
    text += member.size() + 1;
  }
  *members = nullptr;
  *found = entry;
  return 0;
}

namespace ns::api {
namespace {

class AccountsTest : public testing::Test {
 protected:
  // The first account of the machine that is not root's, nor of its group; root where there is
  // none.
  static uint32_t Somebody() {
    ::setpwent();
    const passwd* one = ::getpwent();
    while (one != nullptr && (one->pw_uid == 0 || one->pw_gid == 0)) one = ::getpwent();
    const uint32_t uid = one == nullptr ? 0 : one->pw_uid;
    ::endpwent();
    return uid;
  }
  // A call over the Unix socket whose process runs with that group.
  static Claim ClaimOf(uint32_t uid, uint32_t gid) {
    IdentitySettings settings;
    settings.service_gids = {kService};
    return Identify(settings, {true, uid, gid, "", {}}, Time(std::chrono::hours(24))).value();
  }
  ~AccountsTest() override { Groups().clear(); }

  const uint32_t somebody = Somebody();
  const Account account = AccountOf(somebody);
  const std::string& name = account.name;
};

TEST_F(AccountsTest, AccountOfTheMachine_HasItsNameAndGroup) {
  ASSERT_NE(somebody, 0u) << "this machine has no account but root";
  ASSERT_TRUE(account.group);
  EXPECT_NE(account.group, 0u);
  EXPECT_EQ(AccountOf(0).name, "root");
  EXPECT_EQ(AccountOf(0).group, 0u);
  EXPECT_EQ(AccountOf(4'242'424).name, "uid-4242424");
  EXPECT_EQ(AccountOf(4'242'424).group, std::nullopt);
}

TEST_F(AccountsTest, MemberOfTheServiceGroup_IsAnAdminFromTheNextCallOn) {
  Groups()[kService] = {"x" + name, name + "x"};
  Groups()[kOther] = {name};
  EXPECT_EQ(ClaimOf(somebody, *account.group), (Claim{name + "@local", false}));
  Groups()[kService].push_back(name);
  EXPECT_EQ(ClaimOf(somebody, *account.group), (Claim{name + "@local", true}));
  EXPECT_TRUE(ClaimOf(somebody, kOther).admin) << "whatever group the process runs with";
  Groups()[kService].pop_back();
  EXPECT_FALSE(ClaimOf(somebody, *account.group).admin);
  EXPECT_TRUE(ClaimOf(somebody, kService).admin) << "newgrp, or a unit's Group=";
}

TEST_F(AccountsTest, PrimaryGroup_CountsWithoutBeingListed) {
  EXPECT_TRUE(IsMember(account, *account.group));
  EXPECT_FALSE(IsMember(account, kService)) << "there is no such group";
}

TEST_F(AccountsTest, LastOfManyMembers_IsOne) {
  for (int i = 0; i < 5'000; ++i) Groups()[kService].push_back("user-" + std::to_string(i));
  EXPECT_FALSE(IsMember(account, kService));
  Groups()[kService].push_back(name);
  EXPECT_TRUE(IsMember(account, kService));
}

TEST_F(AccountsTest, GroupBeyondAllMeasure_HasNoMembers) {
  Groups()[kService] = {name, std::string(size_t{5} << 20, 'x')};
  EXPECT_FALSE(IsMember(account, kService));
}

TEST_F(AccountsTest, UidWithoutAnAccount_IsNoMemberByTheNameItIsCalledBy) {
  Groups()[kService] = {"uid-4242424"};
  EXPECT_FALSE(IsMember(AccountOf(4'242'424), kService));
}

}  // namespace
}  // namespace ns::api
