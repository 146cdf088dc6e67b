#include "api/resume_token.h"

#include <charconv>

namespace ns::api {
namespace {

constexpr std::string_view kVersion = "1-", kSealed = "2-";
constexpr char kContext[] = "watch/resume_token";
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

ResumeTokens::ResumeTokens(const Secret& key)
    : sealer_(std::in_place, "watch", Secret(HmacSha256(key.Reveal(), kContext))) {}

std::string ResumeTokens::Write(const ResumePoint& point) const {
  if (point.place.empty()) return "";
  const std::string open = std::string(kVersion) + std::to_string(point.epoch) + "-" + point.place;
  if (!sealer_) return open;
  return std::string(kSealed) + ToBase64Url(sealer_->Seal(Secret(Padded(open)), kContext));
}

std::optional<ResumePoint> ResumeTokens::Read(const std::string& token) const {
  if (!sealer_) return ReadOpen(token);
  if (!token.starts_with(kSealed)) return std::nullopt;
  const auto sealed = FromBase64Url(std::string_view(token).substr(kSealed.size()));
  if (!sealed.ok()) return std::nullopt;
  const auto padded = sealer_->Open(*sealed, kContext);
  if (!padded.ok()) return std::nullopt;
  const std::string_view open = padded->Reveal();
  return ReadOpen(open.substr(0, open.find(' ')));
}

}  // namespace ns::api
