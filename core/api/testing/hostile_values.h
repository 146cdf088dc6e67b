// The values of hostile_values.txt, and what a refusal says of one. Who sends them:
// hostile_sender.h.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <string>
#include <vector>

#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ns::api::hostile {

struct Value {
  int line = 0;
  std::string kind, verdict, expectation, value;
};

// Of "\xNN", "\\" and "\{N:c}".
inline std::string Plain(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (text[i + 1] == 'x') {
      int byte = 0;
      std::from_chars(text.data() + i + 2, text.data() + i + 4, byte, 16);
      out += static_cast<char>(byte);
      i += 3;
    } else if (text[i + 1] == '{') {
      size_t times = 0;
      const size_t colon = text.find(':', i), end = text.find('}', colon + 2);
      std::from_chars(text.data() + i + 2, text.data() + colon, times);
      const std::string one = Plain(text.substr(colon + 1, end - colon - 1));
      while (times-- > 0) out += one;
      i = end;
    } else {
      out += text[++i];
    }
  }
  return out;
}

inline std::vector<Value> ReadValues() {
  std::vector<Value> values;
  std::ifstream file(NS_HOSTILE_VALUES);
  for (std::string line; std::getline(file, line);) {
    Value value;
    value.line = static_cast<int>(values.size()) + 1;
    const size_t one = line.find('\t'), two = line.find('\t', one + 1),
                 three = line.find('\t', two + 1);
    value.kind = line.substr(0, one);
    value.verdict = line.substr(one + 1, two - one - 1);
    value.expectation = line.substr(two + 1, three - two - 1);
    value.value = Plain(line.substr(three + 1));
    values.push_back(std::move(value));
  }
  return values;
}

inline int NumberOf(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Field and description of each violation that a refusal names.
inline std::vector<std::pair<std::string, std::string>> ViolationsOf(const Status& refusal) {
  std::vector<std::pair<std::string, std::string>> out;
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(refusal.details()));
  google::rpc::BadRequest bad;
  for (const auto& detail : wire.details()) {
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& one : bad.field_violations()) out.emplace_back(one.field(), one.description());
  }
  return out;
}

}  // namespace ns::api::hostile
