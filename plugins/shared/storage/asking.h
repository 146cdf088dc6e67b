// Requests that are sent again where that is harmless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/http.h"

namespace ns::storage {

struct Asked {
  std::string what;   // "PUT of files/sites/a", for messages
  bool once = false;  // a second time would not be harmless
  http::Request request;
  std::function<void(http::Request&)> prepare{};  // before each try; may be empty
  // Whether an answer other than success is worth another try; may do what makes it so.
  std::function<bool(const http::Response&)> again;
  // What the last answer stands for.
  std::function<sdk::Error(const http::Response&)> failure;
};

// An answer of 2xx, at the fourth try at last, with pauses of 200, 400 and 800 ms. Throws what
// another answer stands for; "StorageUnavailable" where there was none. [any-thread]
http::Response Do(const sdk::Call& call, http::Client& client, Asked asked);

// Gives its body as it comes; tried again as long as nothing was given. NS_E_UNAVAILABLE where the
// request is for a part, of that many bytes, and the server gives everything, or more or less.
// [any-thread]
void Stream(const sdk::Call& call, http::Client& client, Asked asked, std::optional<uint64_t> part,
            const std::function<void(std::string_view)>& take);

}  // namespace ns::storage
