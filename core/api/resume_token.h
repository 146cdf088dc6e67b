// Where somebody who watches has been: a place among the events of one history of the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/crypto.h"

namespace ns::api {

struct ResumePoint {
  int64_t epoch = 0;
  std::string place;
  friend bool operator==(const ResumePoint&, const ResumePoint&) = default;
};

// The form of tokens: open, or sealed for those who may not learn from places how much else has
// happened. One form is not read as the other.
class ResumeTokens {
 public:
  ResumeTokens() = default;
  // Sealed. `key`: of the installation, so that any gateway reads what another wrote.
  explicit ResumeTokens(const Secret& key);

  // Empty where the place is.
  std::string Write(const ResumePoint& point) const;
  // nullopt: it is none. Whether the place is one, the store says.
  std::optional<ResumePoint> Read(const std::string& token) const;

 private:
  std::optional<Sealer> sealer_;
};

}  // namespace ns::api
