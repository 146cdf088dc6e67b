// One container of Swift and the one with its segments, by requests that are tried again where that
// is harmless, and with a new token where the old one has expired.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account.h"
#include "answers.h"
#include "config.h"
#include "http/http.h"
#include "storage/asking.h"

namespace ns::storage_swift {

// Names are without the prefix. Failures are those of answers.h. [any-thread]
class Container {
 public:
  enum class Which { kObjects, kSegments };

  Container(const Config& config, std::string key)
      : config_(config), account_(config_, std::move(key), client_) {}
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  struct Ask {
    std::string method = "GET";
    std::string name{};  // empty: of the container itself
    Which which = Which::kObjects;
    std::string query{};  // "?format=json"
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    std::optional<uint64_t> part{};  // bytes of the range that `headers` ask for
    bool once = false;               // a second time would not be harmless
    int doubted = 0;                 // times that an object said to be missing is asked for again
    std::chrono::milliseconds timeout = std::chrono::minutes(5);
    std::chrono::milliseconds silence = std::chrono::minutes(1);  // of a stream, between its bytes
  };
  // An answer of 2xx. Throws what another stands for, at last.
  http::Response Do(const sdk::Call& call, const Ask& ask);
  // Gives its body as it comes, as storage/asking.h says.
  void Stream(const sdk::Call& call, const Ask& ask,
              const std::function<void(std::string_view)>& take);

  // Up to `limit` entries whose names begin with the prefix and `below`, after `after`.
  std::vector<Entry> List(const sdk::Call& call, Which which, const std::string& below,
                          const std::string& after, uint32_t limit);
  // Makes both containers where they are absent.
  void Make(const sdk::Call& call);

  // "/files_segments/prefix/name", as a manifest has it.
  std::string PathOf(Which which, const std::string& name) const;
  const Config& config() const { return config_; }

 private:
  storage::Asked AskedOf(const sdk::Call& call, const Ask& ask);

  const Config config_;
  http::Client client_;
  Account account_;
};

}  // namespace ns::storage_swift
