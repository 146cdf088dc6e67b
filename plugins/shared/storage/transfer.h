// Bytes on their way to a server and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "digest/digest.h"
#include "http/http.h"
#include "ns/sdk/storage.h"

namespace ns::storage {

// Up to `size` bytes; fewer: that was the end.
std::string ReadPart(digest::Incoming& incoming, uint64_t size);

// All has been read; whether it is what was told is known only at the end. Throws DigestMismatch.
void ReadTheEnd(digest::Incoming& incoming);

// Empty: there is none. `name` in lower case.
std::string HeaderOf(const http::Response& response, const char* name);

// What an answer to HEAD says of an object.
struct Head {
  uint64_t size = 0;
  std::string etag;  // as it stands there
};
Head HeadFrom(const http::Response& response, const std::string& key);

// How to ask for a range of an object that was looked at, and of no other one.
struct Part {
  uint64_t length = 0;  // 0: there is nothing to be asked for
  std::vector<std::pair<std::string, std::string>> headers;
};
// Throws BeyondTheEnd.
Part PartOf(const sdk::ObjectRange& range, const Head& head);

// What began before this was left by a crash: a day ago, as "2026-11-26T06:38:11". As texts these
// are in the order of time.
std::string AbandonedBefore();

}  // namespace ns::storage
