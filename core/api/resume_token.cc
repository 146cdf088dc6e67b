#include "api/resume_token.h"

#include <charconv>

namespace ns::api {
namespace {

constexpr std::string_view kVersion = "1-";

}  // namespace

std::string WriteToken(const ResumePoint& point) {
  if (point.place.empty()) return "";
  return std::string(kVersion) + std::to_string(point.epoch) + "-" + point.place;
}

std::optional<ResumePoint> ReadToken(const std::string& token) {
  if (!token.starts_with(kVersion)) return std::nullopt;
  ResumePoint point;
  const char* const end = token.data() + token.size();
  const auto epoch = std::from_chars(token.data() + kVersion.size(), end, point.epoch);
  if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '-') return std::nullopt;
  point.place.assign(epoch.ptr + 1, end);
  if (point.epoch < 1 || point.place.empty()) return std::nullopt;
  return point;
}

}  // namespace ns::api
