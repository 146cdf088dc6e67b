// What an operator says of a container.
#pragma once

#include <cstdint>
#include <string>

#include "storage/settings.h"

namespace ns::storage_swift {

struct Config {
  bool keystone = true;  // v3; else v1
  std::string auth_url;  // without a slash at its end
  std::string user;
  storage::Credential key;
  std::string project, user_domain, project_domain;  // of Keystone
  std::string region;                                // empty: the first that the catalog has
  std::string container;
  std::string prefix;
  uint64_t part_size = 16u << 20;
};

// From JSON; throws NS_E_INVALID with the field, the rule and the value.
Config ParseConfig(const std::string& json);

}  // namespace ns::storage_swift
