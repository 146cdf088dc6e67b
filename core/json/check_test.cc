#include "json/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ns::json {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(SchemaTest, Misfit_NamesEveryPlace) {
  const std::string schema =
      R"({"type": "object", "properties": {"a": {"properties": {"n": {"type": "integer"}}}, "b": {"type": "string"}}})";
  EXPECT_TRUE(CheckSchema(schema, R"({"a": {"n": 1}, "b": "x"})").ok());
  const Status status = CheckSchema(schema, R"({"a": {"n": "1"}, "b": 2})");
  EXPECT_EQ(status.code(), Code::kInvalid);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("/a/n"), HasSubstr("/b")));
  EXPECT_TRUE(CheckSchema("", "{}").ok());
  EXPECT_EQ(CheckSchema("", "{").code(), Code::kInvalid);
  EXPECT_EQ(CheckSchema(R"({"type": 7})", "{}").code(), Code::kInvalid);
}

TEST(CanonicalTest, Objects_HaveOneText) {
  EXPECT_EQ(CanonicalObject(R"( {"b": [ {"d":1,"c":null} ], "a":"x"} )").value(),
            R"({"a":"x","b":[{"c":null,"d":1}]})");
  EXPECT_EQ(CanonicalObject("{}").value(), "{}");
  for (const char* none : {"", "[]", "1", "{", "{} x", "\"a\""})
    EXPECT_EQ(CanonicalObject(none).status().code(), Code::kInvalid) << none;
}

}  // namespace
}  // namespace ns::json
