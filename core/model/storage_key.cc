#include "model/storage_key.h"

#include <algorithm>

namespace ns::model {
namespace {

constexpr size_t kLongestKey = 512, kLongestName = 200;

bool IsName(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), good);
}

}  // namespace

bool IsStorageKey(std::string_view key) {
  if (key.size() > kLongestKey) return false;
  for (size_t slash; (slash = key.find('/')) != std::string_view::npos;) {
    if (!IsName(key.substr(0, slash))) return false;
    key.remove_prefix(slash + 1);
  }
  return IsName(key);
}

}  // namespace ns::model
