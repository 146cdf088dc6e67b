#include "model/fetch_token.h"

#include <charconv>

#include "base/crypto.h"

namespace ns::model {
namespace {

constexpr std::string_view kUser = "ns-fetch+";

std::string Proof(const Secret& key, std::string_view name, int64_t until) {
  return KeyHasher(key).Add("fetch of a repository").Add(name).Add(until).Finish();
}

}  // namespace

std::string FetchUser(std::string_view name) { return std::string(kUser) + std::string(name); }

std::optional<std::string> FetchedFor(std::string_view user) {
  if (!user.starts_with(kUser)) return std::nullopt;
  return std::string(user.substr(kUser.size()));
}

std::string FetchToken(const Secret& key, std::string_view name, Time until) {
  const int64_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(until.time_since_epoch()).count();
  return std::to_string(seconds) + "." + Proof(key, name, seconds);
}

bool IsFetchToken(const Secret& key, std::string_view name, std::string_view token, Time now) {
  const size_t dot = token.find('.');
  if (dot == std::string_view::npos) return false;
  int64_t until = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + dot, until);
  const bool number = error == std::errc() && end == token.data() + dot;
  // Only what is proved is taken for a time.
  return number && EqualInConstantTime(token.substr(dot + 1), Proof(key, name, until)) &&
         now < Time(std::chrono::seconds(until));
}

}  // namespace ns::model
