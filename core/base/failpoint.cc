#include "base/failpoint.h"

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include <unistd.h>

namespace ns {
namespace {

constexpr std::array<std::pair<std::string_view, FailpointAction>, 4> kActions{
    {{"crash", FailpointAction::kCrash},
     {"error", FailpointAction::kError},
     {"lost", FailpointAction::kLost},
     {"tell", FailpointAction::kTell}}};

struct Point {
  explicit Point(const FailpointRule& its_rule) : rule(its_rule) {}
  const FailpointRule rule;
  std::atomic<int> passed = 0;
};

std::atomic<bool> any{false};

// Filled before threads, then only its counters change.
std::map<std::string, Point, std::less<>>& Points() {
  static std::map<std::string, Point, std::less<>> points;
  return points;
}

std::string_view NameOf(FailpointAction action) {
  return kActions[static_cast<size_t>(action)].first;
}

Result<FailpointRule> ParseRule(std::string_view item) {
  const Status wrong =
      Invalid("failpoint \"" + std::string(item) +
              "\": want NAME=crash, error, lost or tell, then @N for the N-th time");
  const size_t equals = item.find('=');
  if (equals == 0 || equals == std::string_view::npos) return wrong;
  const std::string_view text = item.substr(equals + 1);
  const std::string_view word = text.substr(0, text.find('@'));
  FailpointRule rule{std::string(item.substr(0, equals)), FailpointAction::kTell, 0};
  bool known = false;
  for (const auto& [name, action] : kActions) {
    if (name == word) rule.action = action;
    known = known || name == word;
  }
  if (!known) return wrong;
  if (word.size() == text.size()) return rule;
  const char* end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data() + word.size() + 1, end, rule.at);
  if (error != std::errc() || read != end || rule.at < 1) return wrong;
  return rule;
}

// One write, so that lines of several threads do not mix.
void Tell(const Point& point) {
  const std::string line =
      "failpoint " + point.rule.name + ": " + std::string(NameOf(point.rule.action)) + "\n";
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

Result<std::vector<FailpointRule>> ParseFailpoints(std::string_view spec) {
  std::vector<FailpointRule> rules;
  for (size_t at = 0; at < spec.size();) {
    const size_t end = std::min(spec.find(';', at), spec.size());
    NS_ASSIGN(FailpointRule rule, ParseRule(spec.substr(at, end - at)));
    rules.push_back(std::move(rule));
    at = end + 1;
  }
  return rules;
}

void ConfigureFailpoints(const std::vector<FailpointRule>& rules) {
  Points().clear();
  for (const FailpointRule& rule : rules) Points().try_emplace(rule.name, rule);
  any = !rules.empty();
}

void ConfigureFailpoints(const std::string& spec) {
  const auto rules = ParseFailpoints(spec);
  if (!rules.ok()) {
    std::fprintf(stderr, "%s\n", rules.status().message().c_str());
    std::exit(2);
  }
  ConfigureFailpoints(*rules);
}

bool FailpointsConfigured() { return any.load(std::memory_order_relaxed); }

bool Failpoint(std::string_view name) {
  if (!FailpointsConfigured()) return false;
  const auto found = Points().find(name);
  if (found == Points().end()) return false;
  Point& point = found->second;
  const int time = ++point.passed;
  const FailpointAction action = point.rule.action;
  if (point.rule.at != 0 && time != point.rule.at) return false;
  if (action == FailpointAction::kTell && time > 1) return false;
  Tell(point);
  if (action == FailpointAction::kCrash) ::kill(::getpid(), SIGKILL);
  return action != FailpointAction::kTell;
}

}  // namespace ns
