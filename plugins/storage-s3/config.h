// What an operator says of a bucket.
#pragma once

#include <cstdint>
#include <string>

#include "storage/settings.h"

namespace ns::storage_s3 {

struct Config {
  std::string endpoint;  // "https://s3.example.com:9000", without a slash at its end
  std::string region = "us-east-1";
  std::string bucket;
  std::string prefix;
  bool virtual_host = false;
  storage::Credential access_key, secret_key;
  uint64_t part_size = 16u << 20;

  // Of the bucket, without a slash at its end.
  std::string Url() const;
};

// From JSON; throws NS_E_INVALID with the field, the rule and the value.
Config ParseConfig(const std::string& json);

}  // namespace ns::storage_s3
