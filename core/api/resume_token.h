// A place among the events of one history of the database, as callers hold it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/method.h"
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
  // Sealed. `key`: of the installation, so that any gateway reads what another wrote. `use`: what
  // they are for; those of another use are none.
  ResumeTokens(const Secret& key, std::string use);

  // Empty where the place is.
  std::string Write(const ResumePoint& point) const;
  // nullopt: it is none. Whether the place is one, the store says.
  std::optional<ResumePoint> Read(const std::string& token) const;

 private:
  std::string use_;
  std::optional<Sealer> sealer_;
};

// Sealed ones, for whoever may be told of some applications alone; nullopt for others.
std::optional<ResumeTokens> SealedTokens(const Context& context, const Request& request,
                                         std::string use);

}  // namespace ns::api
