#include "ports/testing/fake_site_server.h"

#include <gtest/gtest.h>

namespace ns::ports::testing {
namespace {

const SiteSettings kFirst{"/sites", "127.0.0.1:1", "/data/a"};

TEST(FakeSiteServer, BadReload_KeepsTheOld) {
  FakeSiteServer server;
  ASSERT_EQ(server.Start({}, kFirst), Status());
  SiteSettings bad = kFirst;
  bad.root = "/bad";
  server.Refuse("/bad");
  EXPECT_EQ(server.Reload({}, bad).reason(), "ConfigInvalid");
  EXPECT_EQ(server.Probe({}, kFirst), Status());
  EXPECT_EQ(server.At("127.0.0.1:1"), server.Render({}, kFirst).value());
}

TEST(FakeSiteServer, TwoAtOneAddress_TheSecondIsRefused) {
  FakeSiteServer server;
  ASSERT_EQ(server.Start({}, kFirst), Status());
  SiteSettings second = kFirst;
  second.data = "/data/b";
  EXPECT_EQ(server.Start({}, second).reason(), "PortTaken");
  ASSERT_EQ(server.Stop({}, kFirst), Status());
  EXPECT_EQ(server.Start({}, second), Status());
}

TEST(FakeSiteServer, TwoWithAddressesOfTheirOwn_ShareOne) {
  FakeSiteServer server;
  SiteSettings first = kFirst, second = kFirst;
  first.own = "127.1.1.1:1";
  second.own = "127.1.1.2:1";
  second.data = "/data/b";
  ASSERT_EQ(server.Start({}, first), Status());
  ASSERT_EQ(server.Start({}, second), Status());
  EXPECT_EQ(server.Probe({}, second), Status());
  ASSERT_EQ(server.Stop({}, first), Status());
  EXPECT_EQ(server.Probe({}, second), Status());
  EXPECT_EQ(server.At(kFirst.listen), server.Render({}, second).value());
}

TEST(FakeSiteServer, NotStarted_NeitherReloadedNorProbed) {
  FakeSiteServer server;
  EXPECT_EQ(server.Reload({}, kFirst).code(), Code::kUnavailable);
  EXPECT_EQ(server.Probe({}, kFirst).code(), Code::kUnavailable);
  EXPECT_EQ(server.Stop({}, kFirst), Status());
  server.FailWith({Code::kInternal, "broken"});
  EXPECT_EQ(server.Start({}, kFirst).code(), Code::kInternal);
}

}  // namespace
}  // namespace ns::ports::testing
