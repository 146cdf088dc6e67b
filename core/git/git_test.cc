// Parts that need no remote.
#include <gtest/gtest.h>

#include "git/address_rules.h"
#include "git/tree_writer.h"
#include "git/wire.h"

namespace ns::git {
namespace {

using std::chrono::seconds;

TEST(Wire, RoundTrip_KeepsEverything) {
  Request request;
  request.operation = Operation::kCheckout;
  request.url = std::string("a\0b", 3);
  request.auth = model::GitAuth::kBasic;
  request.password = Secret("x");
  request.host_keys = {"ssh-ed25519 A", "ssh-rsa B"};
  request.private_hosts = {"a", ""};
  request.hashes = {"1", "2"};
  request.mirror_limit = ~uint64_t{0};
  request.entry_limit = 7;
  request.path = "/p";
  const auto again = DecodeRequest(Encode(request));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->url, request.url);
  EXPECT_EQ(again->password, request.password);
  EXPECT_EQ(again->host_keys, request.host_keys);
  EXPECT_EQ(again->private_hosts, request.private_hosts);
  EXPECT_EQ(again->hashes, request.hashes);
  EXPECT_EQ(again->mirror_limit, request.mirror_limit);
  EXPECT_EQ(again->entry_limit, request.entry_limit);
  Answer answer;
  answer.status = Status(Code::kDenied, "R", "m").SetFault(Fault::kSource);
  answer.refs = {{"HEAD", "1"}};
  answer.commits = {{"h", "a", Time(seconds(5)), "m"}};
  answer.look = {"ssh-ed25519 A", Status(Code::kDenied, "HostKeyChanged", "m")};
  const auto back = DecodeAnswer(Encode(answer));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->status, answer.status);
  EXPECT_EQ(back->refs, answer.refs);
  EXPECT_EQ(back->commits, answer.commits);
  EXPECT_EQ(back->look.line, answer.look.line);
  EXPECT_EQ(back->look.verdict, answer.look.verdict);
}

TEST(Wire, Decode_RefusesEveryCutAndWildLengths) {
  Answer answer;
  answer.refs = {{"HEAD", "1"}};
  const std::string bytes = Encode(answer);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(DecodeAnswer(bytes.substr(0, size)).ok()) << size;
  EXPECT_FALSE(DecodeAnswer(bytes + "x").ok());
  EXPECT_FALSE(DecodeAnswer(std::string(200, '\xff')).ok());
}

TEST(AddressRules, PrivateAddressesAreNotGlobal) {
  const auto global = [](const std::string& text) {
    return IsGlobal(*supervise::ParseAddress(text + ":1"));
  };
  for (const char* text : {"127.0.0.1",
                           "10.1.2.3",
                           "172.31.0.1",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "255.255.255.255",
                           "198.18.0.1",
                           "203.0.113.9",
                           "[::1]",
                           "[::]",
                           "[fe80::1]",
                           "[fd00::1]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:10.0.0.1]",
                           "[64:ff9b::7f00:1]",
                           "[2002:7f00:1::]",
                           "[2001:db8::1]",
                           "[ff02::1]"}) {
    EXPECT_FALSE(global(text)) << text;
  }
  for (const char* text :
       {"1.1.1.1", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[::ffff:8.8.8.8]"})
    EXPECT_TRUE(global(text)) << text;
}

TEST(AddressRules, ListedOnesAreAllowed) {
  const auto allows = [](std::vector<std::string> listed, const std::string& host,
                         const char* address) {
    return AddressRules(std::move(listed)).Allows(host, *supervise::ParseAddress(address));
  };
  EXPECT_FALSE(allows({}, "git.home", "10.0.0.5:1"));
  EXPECT_TRUE(allows({"git.home"}, "git.home", "10.0.0.5:1"));
  EXPECT_FALSE(allows({"git.home"}, "other.home", "10.0.0.5:1"));
  EXPECT_TRUE(allows({"10.0.0.0/24"}, "x", "10.0.0.5:1"));
  EXPECT_FALSE(allows({"10.0.1.0/24"}, "x", "10.0.0.5:1"));
  EXPECT_TRUE(allows({"127.0.0.1"}, "x", "127.0.0.1:1"));
  EXPECT_FALSE(allows({"127.0.0.1"}, "x", "127.0.0.2:1"));
  EXPECT_TRUE(allows({"127.0.0.1"}, "x", "[::ffff:127.0.0.1]:1"));
  EXPECT_TRUE(allows({"fd00::/8"}, "x", "[fd12::1]:1"));
}

TEST(TreeWriter, LinkStaysInside_OnlyWhenItCannotLeadOut) {
  EXPECT_TRUE(LinkStaysInside("a/b", 0));
  EXPECT_TRUE(LinkStaysInside("../a", 1));
  EXPECT_TRUE(LinkStaysInside("./../a/.", 1));
  EXPECT_FALSE(LinkStaysInside("..", 0));
  EXPECT_FALSE(LinkStaysInside("../../a", 1));
  EXPECT_FALSE(LinkStaysInside("/etc/passwd", 5));
  EXPECT_FALSE(LinkStaysInside("a/../../b", 1));
  EXPECT_FALSE(LinkStaysInside("a/../b", 1)) << "a may itself be a link";
  EXPECT_FALSE(LinkStaysInside("", 1));
}

}  // namespace
}  // namespace ns::git
