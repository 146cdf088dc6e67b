// The pages that answer for applications that do not. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ns::supervise {

// What the page server reads of a request.
struct PageRequest {
  bool head = false;   // no body wanted
  bool json = false;   // Accept prefers it to HTML
  std::string reason;  // X-NS-Page: "stopped", "asleep", "starting", "building", "failing"
  std::string app;     // X-NS-App
};

// Reads the head of an HTTP/1.x request, up to and without the empty line; what cannot be read
// keeps its default.
PageRequest ParsePageRequest(std::string_view head);

// The whole answer: status 503, Retry-After, Cache-Control: no-store, Connection: close.
std::string PageAnswer(const PageRequest& request);

}  // namespace ns::supervise
