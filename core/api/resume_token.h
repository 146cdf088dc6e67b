// Where somebody who watches has been: a place among the events of one history of the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ns::api {

struct ResumePoint {
  int64_t epoch = 0;
  std::string place;
  friend bool operator==(const ResumePoint&, const ResumePoint&) = default;
};

// Empty where the place is.
std::string WriteToken(const ResumePoint& point);
// nullopt: it is none. Whether the place is one, the store says.
std::optional<ResumePoint> ReadToken(const std::string& token);

}  // namespace ns::api
