#include "api/flat_json.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace ns::api {
namespace {

TEST(FlatJson, WholeObjects_AreRead) {
  const auto object = ParseFlatObject(
      " {\"a\" : \"x\\u00e9\\ud83d\\ude00\\n\\/\", \"n\":-12,\"z\":0, \"t\":true,\"f\":false,"
      "\"e\":null,\"l\":[ \"p\" , \"\"],\"none\":[]}\r\n");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(std::get<std::string>(object->at("a")), "x\u00e9\U0001F600\n/");
  EXPECT_EQ(std::get<int64_t>(object->at("n")), -12);
  EXPECT_EQ(std::get<int64_t>(object->at("z")), 0);
  EXPECT_TRUE(std::get<bool>(object->at("t")));
  EXPECT_FALSE(std::get<bool>(object->at("f")));
  EXPECT_TRUE(std::holds_alternative<std::nullptr_t>(object->at("e")));
  EXPECT_EQ(std::get<std::vector<std::string>>(object->at("l")),
            (std::vector<std::string>{"p", ""}));
  EXPECT_TRUE(std::get<std::vector<std::string>>(object->at("none")).empty());
  EXPECT_TRUE(ParseFlatObject("{}").value().empty());
  EXPECT_EQ(std::get<int64_t>(ParseFlatObject(R"({"n":9999999999999999})")->at("n")),
            9999999999999999);
}

TEST(FlatJson, AnyLeniency_IsNone) {
  for (const std::string& text :
       std::initializer_list<std::string>{"",
                                          " ",
                                          "{",
                                          "}",
                                          "[]",
                                          "1",
                                          "\"a\"",
                                          "null",
                                          "{}{}",
                                          "{} x",
                                          "{}\0" + std::string(1, '\0'),
                                          R"({"a":1,})",
                                          R"({,"a":1})",
                                          R"({"a" 1})",
                                          R"({"a":})",
                                          R"({a:1})",
                                          R"({'a':1})",
                                          R"({"a":'b'})",
                                          R"({"a":1 "b":2})",
                                          R"({"a":1,"a":1})",
                                          R"({"a":1,"\u0061":2})",
                                          R"({"a":01})",
                                          R"({"a":+1})",
                                          R"({"a":-})",
                                          R"({"a":1.0})",
                                          R"({"a":1e3})",
                                          R"({"a":.5})",
                                          R"({"a":0x1})",
                                          R"({"a":10000000000000000})",
                                          R"({"a":NaN})",
                                          R"({"a":tru})",
                                          R"({"a":True})",
                                          R"({"a":truex})",
                                          R"({"a":{}})",
                                          R"({"a":[1]})",
                                          R"({"a":["b",]})",
                                          R"({"a":["b"})",
                                          R"({"a":[["b"]]})",
                                          R"({"a":"b)",
                                          R"({"a":"\x"})",
                                          R"({"a":"\u12"})",
                                          R"({"a":"\u12g4"})",
                                          R"({"a":"\u+123"})",
                                          R"({"a":"\ud800"})",
                                          R"({"a":"\udc00"})",
                                          R"({"a":"\ud800\u0041"})",
                                          R"({"a":"\ud800\ud800"})",
                                          "{\"a\":\"\n\"}",
                                          "{\"a\":\"\xff\"}",
                                          "{\"a\":\"\xc0\xaf\"}",
                                          "\xef\xbb\xbf{}",
                                          "{/**/}",
                                          "//\n{}",
                                          "{\"a\":1}//",
                                          std::string(100000, '['),
                                          "{\"a\":" + std::string(100000, '{')}) {
    EXPECT_FALSE(ParseFlatObject(text).ok()) << text.substr(0, 60);
  }
}

TEST(FlatJson, RandomEdits_NeverCrash) {
  SeededRandom random(3);
  const std::string whole = R"({"a":"x\u00e9\ud83d\ude00","n":-12,"l":["p","q"],"t":true})";
  for (int i = 0; i < 20000; ++i) {
    std::string text = whole.substr(0, random.Below(whole.size() + 1));
    for (uint64_t edits = random.Below(4); edits > 0 && !text.empty(); --edits)
      text[random.Below(text.size())] = "{}[]\",:\\u0e-\xff"[random.Below(14)];
    (void)ParseFlatObject(text);
  }
}

}  // namespace
}  // namespace ns::api
