#include "subnets.h"

#include <gtest/gtest.h>

namespace ns::backend_docker {
namespace {

Subnet Range(const char* text) { return ParseSubnet(text).value(); }

TEST(ParseSubnet, Ranges_AreReadAndWritten) {
  EXPECT_EQ(ParseSubnet("10.213.0.0/16"), (Subnet{0x0AD50000, 16}));
  EXPECT_EQ(ToText(Range("10.213.4.16/28")), "10.213.4.16/28");
}

TEST(ParseSubnet, Otherwise_IsNothing) {
  for (const char* text : {"", "10.0.0.0", "10.0.0.1/16", "10.0.0.0/33", "10.0.0.0/0", "10.0.0/8",
                           "10.0.0.0/8x", "::/16"})
    EXPECT_FALSE(ParseSubnet(text)) << text;
}

TEST(SubnetOverlaps, PartsAndWholes_BothWays) {
  EXPECT_TRUE(Range("10.0.0.0/8").Overlaps(Range("10.213.0.0/28")));
  EXPECT_TRUE(Range("10.213.0.0/28").Overlaps(Range("10.0.0.0/8")));
  EXPECT_FALSE(Range("10.213.0.0/28").Overlaps(Range("10.213.0.16/28")));
}

TEST(FreeSubnet, Parts_AreGivenInOrderPastTheTaken) {
  const Subnet range = Range("10.213.0.0/16");
  EXPECT_EQ(ToText(FreeSubnet(range, 28, {}).value()), "10.213.0.0/28");
  EXPECT_EQ(
      ToText(FreeSubnet(range, 28, {Range("10.213.0.0/28"), Range("10.213.0.32/28")}).value()),
      "10.213.0.16/28");
  EXPECT_EQ(ToText(FreeSubnet(range, 28, {Range("10.213.0.0/24")}).value()), "10.213.1.0/28");
}

TEST(FreeSubnet, FullRange_GivesNothing) {
  EXPECT_FALSE(
      FreeSubnet(Range("10.213.0.0/27"), 28, {Range("10.213.0.0/28"), Range("10.213.0.16/28")}));
  EXPECT_FALSE(FreeSubnet(Range("10.213.0.0/29"), 28, {}));
}

TEST(FreeSubnet, DefaultRange_HoldsMoreThanDockersOwn) {
  std::vector<Subnet> taken;
  for (int i = 0; i < 100; ++i)
    taken.push_back(FreeSubnet(Range("10.213.0.0/16"), 28, taken).value());
  EXPECT_EQ(ToText(taken.back()), "10.213.6.48/28");
}

TEST(FreeAddress, Addresses_GoOnUpwardsBeforeTheyComeAgain) {
  const Subnet subnet = Range("10.213.0.0/29");  // .1 is the gateway, .2 to .6 are for containers
  const auto address = [](const char* text) { return ParseAddress(text).value(); };
  EXPECT_EQ(FreeAddress(subnet, {}), address("10.213.0.2"));
  EXPECT_EQ(FreeAddress(subnet, {address("10.213.0.2")}), address("10.213.0.3"));
  EXPECT_EQ(FreeAddress(subnet, {address("10.213.0.4")}), address("10.213.0.5"));
  EXPECT_EQ(FreeAddress(subnet, {address("10.213.0.6")}), address("10.213.0.2"));
  EXPECT_EQ(
      FreeAddress(subnet, {address("10.213.0.2"), address("10.213.0.3"), address("10.213.0.4"),
                           address("10.213.0.5"), address("10.213.0.6")}),
      std::nullopt);
}

}  // namespace
}  // namespace ns::backend_docker
