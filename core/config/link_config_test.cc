// The keys under `link`.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace ns::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LinkConfig : public testing::Test {
 protected:
  LinkConfig() {
    char name[] = "/tmp/ns-link-config-XXXXXX";
    folder_ = mkdtemp(name);
    Write("token", "0123456789abcdef0123\n", 0600);
    Write("cert.pem", "certificate", 0644);
    Write("key.pem", "key", 0600);
  }
  ~LinkConfig() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text, mode_t mode) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
  }
  Loaded Load(const std::string& link) {
    return LoadText("data: /srv/ns\nlink:\n" + link, folder_ + "/config.yaml", {});
  }
  static std::vector<std::string> Texts(const std::vector<Mistake>& mistakes) {
    std::vector<std::string> out;
    for (const Mistake& one : mistakes)
      out.push_back(std::to_string(one.line) + ":" + std::to_string(one.column) + " " + one.key +
                    " " + one.message);
    return out;
  }

  std::string folder_;
};

TEST_F(LinkConfig, Controller_Whole) {
  const Loaded loaded = Load(
      "  listen: 0.0.0.0:7443\n  advertise: ns.example.com:7443\n  certificate: cert.pem\n"
      "  key: key.pem\n"
      "  hosts: [{name: builder-1, token: {file: token}, roles: [builder]}]\n");
  ASSERT_THAT(Texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(Texts(loaded.warnings), IsEmpty());
  const LinkSettings& link = loaded.config.link;
  EXPECT_EQ(link.listen, "0.0.0.0:7443");
  EXPECT_EQ(link.certificate, folder_ + "/cert.pem");
  EXPECT_THAT(link.hosts,
              ElementsAre(LinkHost{"builder-1", Secret("0123456789abcdef0123"), {"builder"}}));
  const std::string printed = PrintEffective(loaded);
  EXPECT_THAT(printed, HasSubstr("{name: builder-1, token: (secret), roles: [builder]}"));
  EXPECT_THAT(printed, testing::Not(HasSubstr("0123456789abcdef")));
}

TEST_F(LinkConfig, Builder_Whole) {
  const Loaded loaded = Load(
      "  connect: [ns.example.com:7443, 10.0.0.2:7443]\n  token: {file: token}\n"
      "  ca: cert.pem\n");
  ASSERT_THAT(Texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(loaded.config.link.connect, ElementsAre("ns.example.com:7443", "10.0.0.2:7443"));
  EXPECT_EQ(loaded.config.link.token.Reveal(), "0123456789abcdef0123");
  EXPECT_THAT(Texts(loaded.warnings), ElementsAre(HasSubstr("of the role builder alone")));
}

TEST_F(LinkConfig, EachMistake_IsToldWhereItStands) {
  const std::pair<const char*, const char*> cases[] = {
      {"  listen: 0.0.0.0:7443\n  advertise: a:1\n", "3:11 link.listen needs link.certificate"},
      {"  listen: nowhere\n", "3:11 link.listen must be ADDRESS:PORT"},
      {"  lisen: x\n", "3:3 link.lisen is not known; did you mean \"listen\""},
      {"  advertise: \":1\"\n", "3:14 link.advertise must be HOST:PORT"},
      {"  certificate: cert.pem\n", "must have certificate and key together"},
      {"  ca: missing.pem\n", "3:7 link.ca cannot be read"},
      {"  connect: [nowhere]\n  token: {file: token}\n", "3:12 link.connect must hold HOST:PORT"},
      {"  connect: [a:1]\n", "needs link.token"},
      {"  hosts: [{name: b, token: short, roles: [builder]}]\n", "at least 16 characters"},
      {"  hosts: [{name: b, token: {file: token}}]\n", "must have roles"},
      {"  hosts: [{name: b, token: {file: token}, roles: [bilder]}]\n",
       "did you mean \"builder\"?"},
      {"  hosts: [{name: b, token: {file: token}, roles: [controller]}]\n", "is no role of a host"},
      {"  hosts: [{name: B!, token: {file: token}, roles: [builder]}]\n", "must have a name"},
      {"  hosts: [{name: b, roles: [builder]}]\n", "must have a token for \"b\""},
      {"  hosts: [{name: b, token: {file: token}, roles: [builder]}, {name: b, token: "
       "aaaaaaaaaaaaaaaaa, roles: [builder]}]\n",
       "two hosts of the name \"b\""},
      {"  hosts: [{name: a, token: {file: token}, roles: [builder]}, {name: b, token: {file: "
       "token}, roles: [builder]}]\n",
       "the same token twice"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_THAT(Texts(Load(text).mistakes), testing::Contains(HasSubstr(expected))) << text;
}

TEST_F(LinkConfig, KeyThatOthersMayRead_IsRefused) {
  Write("open.pem", "key", 0644);
  EXPECT_THAT(Texts(Load("  certificate: cert.pem\n  key: open.pem\n").mistakes),
              ElementsAre(HasSubstr("must not be readable by others")));
}

TEST_F(LinkConfig, WhatHasNoEffect_IsDoubted) {
  EXPECT_THAT(Texts(Load("  listen: 127.0.0.1:7443\n").warnings),
              ElementsAre(HasSubstr("lets nobody in")));
  EXPECT_THAT(
      Texts(Load("  hosts: [{name: b, token: {file: token}, roles: [builder]}]\n").warnings),
      ElementsAre(HasSubstr("no effect without link.listen")));
}

}  // namespace
}  // namespace ns::config
