// Sends the values of hostile_values.txt to an installation, and looks at what becomes of each.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "api/testing/hostile_apps.h"
#include "api/testing/hostile_calls.h"
#include "api/testing/hostile_people.h"
#include "api/testing/hostile_repositories.h"
#include "api/testing/hostile_values.h"

namespace ns::api::hostile {

// Each kind to every method that takes it.
class Sender {
 public:
  using Invoke = Calls::Invoke;

  // Makes what is edited.
  explicit Sender(Invoke invoke) : calls_(std::move(invoke)) {}
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  std::vector<Way> WaysOf(const std::string& kind) {
    if (kind == "env_key" || kind == "env_value") return variables_.Of(kind.substr(4));
    if (kind == "repository_name") return repositories_.Of("name");
    if (kind == "url") return repositories_.Of("url");
    if (kind == "url_auth") return repositories_.Of("auth");
    if (kind == "host_key") return repositories_.OfHostKey();
    if (kind == "user_key") return keys_.Of();
    return apps_.Of(kind);
  }
  Result<std::string> Send(const Way& way, const std::string& value) {
    return calls_.Send(way, value);
  }

 private:
  Calls calls_;
  AppWays apps_{calls_};
  RepositoryWays repositories_{calls_};
  VariableWays variables_{calls_};
  KeyWays keys_{calls_};
};

// Sends the value every way there is, and holds what comes back against its line. `state`: what a
// refusal must leave as it was.
inline void Check(Sender& sender, const Value& value, const std::function<std::string()>& state) {
  for (const Way& way : sender.WaysOf(value.kind)) {
    SCOPED_TRACE("line " + std::to_string(value.line) + " by " + way.method);
    const std::string before = state();
    const auto answer = sender.Send(way, value.value);
    const bool usual = value.value.empty() && way.empty.has_value();
    if (value.verdict == "ok" || usual) {
      ASSERT_TRUE(answer.ok()) << answer.status().ToString();
      const std::string& spelling = value.expectation == "=" ? value.value : value.expectation;
      EXPECT_EQ(way.kept(), usual ? *way.empty : spelling);
      way.undo();
      continue;
    }
    ASSERT_EQ(answer.status().code(), Code::kInvalid) << answer.status().ToString();
    EXPECT_EQ(state(), before);
    const auto violations = ViolationsOf(answer.status());
    if (value.verdict == "malformed") {
      EXPECT_TRUE(violations.empty());
      continue;
    }
    ASSERT_EQ(violations.size(), 1U) << answer.status().ToString();
    const std::string& field = violations[0].first;
    if (value.expectation == "NUL") {
      // Of any text, by its whole path: what stands in JSON, by the text that the JSON is.
      EXPECT_TRUE(field.ends_with(way.field) || way.field.starts_with(field + ".")) << field;
    } else {
      EXPECT_EQ(field, way.field);
    }
    if (value.expectation != "*") {
      EXPECT_NE(violations[0].second.find(value.expectation), std::string::npos)
          << violations[0].second;
    }
  }
}

}  // namespace ns::api::hostile
