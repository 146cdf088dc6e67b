#include "failure.h"

#include <map>

namespace ns::cli {

Exit ExitOf(const std::string& code) {
  static const std::map<std::string, Exit> kExits = {
      {"invalid_argument", Exit::kUsage},  {"out_of_range", Exit::kUsage},
      {"not_found", Exit::kNotFound},      {"permission_denied", Exit::kDenied},
      {"unauthenticated", Exit::kDenied},  {"deadline_exceeded", Exit::kTimedOut},
      {"unavailable", Exit::kUnreachable},
  };
  const auto found = kExits.find(code);
  return found == kExits.end() ? Exit::kFailed : found->second;
}

Refused::Refused(std::string code, std::string message)
    : Failure(ExitOf(code), std::move(message)), code_(std::move(code)) {}

}  // namespace ns::cli
