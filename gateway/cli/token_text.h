// How tokens look on a terminal. Pure.
#pragma once

#include <optional>
#include <string>

#include "neoshowcase/platform/v1/token.pb.h"

namespace ns::cli {

// "read", "deploy", "admin".
std::string ScopeName(neoshowcase::platform::v1::TokenScope scope);
std::optional<neoshowcase::platform::v1::TokenScope> ScopeNamed(const std::string& name);
// "2026-05-04", in UTC.
std::string Day(const google::protobuf::Timestamp& time);

}  // namespace ns::cli
