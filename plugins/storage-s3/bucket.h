// One bucket of a server that speaks S3, by signed requests that are tried again where that is
// harmless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answers.h"
#include "config.h"
#include "http/http.h"
#include "ns/sdk/call.h"
#include "storage/asking.h"

namespace ns::storage_s3 {

// Names and values of a query, in the order of the names: libcurl signs them as they stand.
using Query = std::vector<std::pair<std::string, std::string>>;
using Headers = std::vector<std::pair<std::string, std::string>>;

// Keys are without the prefix. Failures are those of answers.h. [any-thread]
class Bucket {
 public:
  Bucket(const Config& config, std::string access_key, std::string secret_key);

  struct Ask {
    std::string method = "GET";
    std::string key{};  // empty: of the bucket itself
    Query query{};
    Headers headers{};
    std::string body{};
    std::string sha256{};            // of the body; empty: it is computed
    std::optional<uint64_t> part{};  // bytes of the range that `headers` ask for
    bool once = false;               // a second time would not be harmless
    std::chrono::milliseconds timeout = std::chrono::minutes(5);
    std::chrono::milliseconds silence = std::chrono::minutes(1);  // of a stream, between its bytes
  };
  // An answer of 2xx. Throws what another stands for, at last.
  http::Response Do(const sdk::Call& call, const Ask& ask);
  // Gives its body as it comes; tried again as long as nothing was given. NS_E_UNAVAILABLE where a
  // part was asked for and the server gives everything, or more or less than the part.
  void Stream(const sdk::Call& call, const Ask& ask,
              const std::function<void(std::string_view)>& take);

  const Config& config() const { return config_; }

 private:
  http::Request RequestOf(const Ask& ask) const;
  storage::Asked AskedOf(const Ask& ask) const;

  const Config config_;
  const std::string access_key_, secret_key_;
  http::Client client_;
};

}  // namespace ns::storage_s3
