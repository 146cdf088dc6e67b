// Files of variables.
#include "dotenv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.h"

namespace ns::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string FaultOf(const std::string& text) {
  try {
    ParseDotenv("f", text);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

TEST(Dotenv, LinesQuotesAndComments) {
  EXPECT_THAT(ParseDotenv("f",
                          "# all\n\nA=1\nexport B = two words \r\nC=\"x\\n\\\"y\" # why\n"
                          "D='a\nb\\n'\nE=\nF=a#b"),
              ElementsAre(Pair("A", "1"), Pair("B", "two words"), Pair("C", "x\n\"y"),
                          Pair("D", "a\nb\\n"), Pair("E", ""), Pair("F", "a#b")));
}

TEST(Dotenv, EveryMistakeIsToldWithItsLine) {
  EXPECT_EQ(FaultOf("A\n1B=x\nC='\n\nx' y\nC=1\nlower=1\n"),
            "Nothing was set:\nf:1: must be KEY=VALUE\n"
            "f:2: the key must match [A-Z_][A-Z0-9_]*, got \"1B\"\n"
            "f:5: behind the value stands \"y\"\nf:6: C is given twice\n"
            "f:7: the key must match [A-Z_][A-Z0-9_]*, got \"lower\"");
  EXPECT_THAT(FaultOf("A=\"x\n"), HasSubstr("f:1: the \" has no end"));
}

}  // namespace
}  // namespace ns::cli
