#include "host/memory_pressure.h"

#include <gtest/gtest.h>

namespace ns::host {
namespace {

TEST(SomeAverage10, IsReadFromTheKernelsText) {
  EXPECT_EQ(SomeAverage10("some avg10=12.34 avg60=0.10 avg300=0.00 total=5\nfull avg10=99.00\n"),
            12.34);
  EXPECT_EQ(SomeAverage10("some avg10=0.00 avg60=1.00 avg300=0.00 total=1"), 0.0);
}

TEST(SomeAverage10, OfAnythingElse_IsNothing) {
  for (const char* text : {"", "full avg10=3.00", "some avg10=", "some avg10=x", "some avg10=-1"})
    EXPECT_FALSE(SomeAverage10(text).has_value()) << text;
}

TEST(SlotsUnder, ShortMemory_LeavesOne) {
  EXPECT_EQ(SlotsUnder(20.0, 20, 4), 1);
  EXPECT_EQ(SlotsUnder(19.9, 20, 4), 4);
  EXPECT_EQ(SlotsUnder(99.0, 20, 1), 1);
  EXPECT_EQ(SlotsUnder(std::nullopt, 20, 4), 4) << "a kernel that does not tell";
  EXPECT_EQ(SlotsUnder(99.0, 0, 4), 4) << "it does not matter";
}

}  // namespace
}  // namespace ns::host
