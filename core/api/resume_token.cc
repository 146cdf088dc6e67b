#include "api/resume_token.h"

#include <charconv>
#include <utility>

namespace ns::api {
namespace {

constexpr std::string_view kVersion = "1-", kSealed = "2-";
constexpr size_t kStep = 64;  // bytes: lengths tell nothing of a place either

std::string Padded(std::string text) {
  text.resize((text.size() / kStep + 1) * kStep, ' ');
  return text;
}

std::optional<ResumePoint> ReadOpen(std::string_view token) {
  if (!token.starts_with(kVersion)) return std::nullopt;
  ResumePoint point;
  const char* const end = token.data() + token.size();
  const auto epoch = std::from_chars(token.data() + kVersion.size(), end, point.epoch);
  if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '-') return std::nullopt;
  point.place.assign(epoch.ptr + 1, end);
  if (point.epoch < 1 || point.place.empty()) return std::nullopt;
  return point;
}

}  // namespace

ResumeTokens::ResumeTokens(const Secret& key, std::string use)
    : use_(std::move(use)), sealer_(std::in_place, use_, Secret(HmacSha256(key.Reveal(), use_))) {}

std::string ResumeTokens::Write(const ResumePoint& point) const {
  if (point.place.empty()) return "";
  const std::string open = std::string(kVersion) + std::to_string(point.epoch) + "-" + point.place;
  if (!sealer_) return open;
  return std::string(kSealed) + ToBase64Url(sealer_->Seal(Secret(Padded(open)), use_));
}

std::optional<ResumePoint> ResumeTokens::Read(const std::string& token) const {
  if (!sealer_) return ReadOpen(token);
  if (!token.starts_with(kSealed)) return std::nullopt;
  const auto sealed = FromBase64Url(std::string_view(token).substr(kSealed.size()));
  if (!sealed.ok()) return std::nullopt;
  const auto padded = sealer_->Open(*sealed, use_);
  if (!padded.ok()) return std::nullopt;
  const std::string_view open = padded->Reveal();
  return ReadOpen(open.substr(0, open.find(' ')));
}

std::optional<ResumeTokens> SealedTokens(const Context& context, const Request& request,
                                         std::string use) {
  const bool limited = request.token && request.token->limited;
  if (!limited) return std::nullopt;
  return ResumeTokens(context.settings.plan_key, std::move(use));
}

}  // namespace ns::api
