// What an HTTP request asks for: a call of the API, a raw entry, or something to refuse. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "connect.h"
#include "ns/sdk/host_api.h"
#include "transcode.h"

namespace ns::gateway {

// The head of a request. Names of headers in lower case.
struct Head {
  std::string method;  // "POST"
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;

  // The first header of that name, or empty.
  std::string_view Header(std::string_view name) const;
};

enum class Codec { kJson, kProto };

struct CallRoute {
  Method method;
  Codec codec = Codec::kJson;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::string> message;  // of a GET; otherwise it is the body
};

struct RawRoute {
  std::string http_method, path;
  int64_t max_body = 0;
};

// A refusal before the body is read, with the headers it needs ("Allow", ...).
struct Refusal {
  Problem problem;
  std::vector<std::pair<std::string, std::string>> headers;
};

using Route = std::variant<CallRoute, RawRoute, Refusal>;

class Routes {
 public:
  Routes(const Schema& schema, std::vector<sdk::RawEntry> entries)
      : schema_(schema), entries_(std::move(entries)) {}

  Route Find(const Head& head) const;

 private:
  const sdk::RawEntry* EntryOf(std::string_view path) const;
  Route FindCall(const Head& head, const struct Target& target) const;

  const Schema& schema_;
  std::vector<sdk::RawEntry> entries_;
};

}  // namespace ns::gateway
