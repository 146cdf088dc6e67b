#include "rpc/target.h"

#include <algorithm>
#include <charconv>

namespace ns::gateway::rpc {
namespace {

std::optional<std::string> Decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    unsigned value = 0;
    const char* end = text.data() + i + 3;
    if (std::from_chars(text.data() + i + 1, end, value, 16).ptr != end) return std::nullopt;
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

bool TakePair(std::string_view pair, std::map<std::string, std::string>& query) {
  const size_t equals = std::min(pair.find('='), pair.size());
  auto name = Decoded(pair.substr(0, equals));
  auto value = Decoded(pair.substr(std::min(equals + 1, pair.size())));
  if (!name || !value) return false;
  query.emplace(std::move(*name), std::move(*value));
  return true;
}

}  // namespace

std::optional<Target> ParseTarget(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  const size_t mark = std::min(target.find('?'), target.size());
  Target parsed{std::string(target.substr(0, mark)), {}};
  std::string_view rest = target.substr(std::min(mark + 1, target.size()));
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    if (end > 0 && !TakePair(rest.substr(0, end), parsed.query)) return std::nullopt;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parsed;
}

}  // namespace ns::gateway::rpc
