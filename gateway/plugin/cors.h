// Which pages of other origins may use the API from a browser. Pure.
// Source: https://fetch.spec.whatwg.org/#http-cors-protocol
#pragma once

#include <string>
#include <vector>

#include "http/head.h"

namespace ns::gateway {

class Cors {
 public:
  // `origins`: "https://dash.example.com", or "*" for any, which then send no cookies.
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  // A question before the request itself, which is answered at once.
  bool IsPreflight(const http::Head& head) const;
  http::ResponseHead Preflight(const http::Head& head) const;
  // What an answer to `head` carries; nothing for an origin that is not listed.
  http::Headers For(const http::Head& head) const;

 private:
  const std::vector<std::string> origins_;
};

}  // namespace ns::gateway
