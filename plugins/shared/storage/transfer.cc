#include "storage/transfer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

namespace ns::storage {

std::string ReadPart(digest::Incoming& incoming, uint64_t size) {
  std::string part(size, '\0');
  size_t filled = 0;
  while (filled < part.size()) {
    const size_t got = incoming.Read(part.data() + filled, part.size() - filled);
    if (got == 0) break;
    filled += got;
  }
  part.resize(filled);
  return part;
}

void ReadTheEnd(digest::Incoming& incoming) {
  char none = 0;
  incoming.Read(&none, 1);
}

std::string HeaderOf(const http::Response& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

Head HeadFrom(const http::Response& response, const std::string& key) {
  Head head{0, HeaderOf(response, "etag")};
  const std::string size = HeaderOf(response, "content-length");
  const auto read = std::from_chars(size.data(), size.data() + size.size(), head.size);
  if (read.ec != std::errc())
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
                     "The server does not say how large " + key + " is.", sdk::Fault::kOperator);
  return head;
}

Part PartOf(const sdk::ObjectRange& range, const Head& head) {
  if (range.offset > head.size) throw sdk::BeyondTheEnd(range, head.size);
  Part part{std::min(range.length, head.size - range.offset), {}};
  if (part.length == 0) return part;
  part.headers = {{"Range", "bytes=" + std::to_string(range.offset) + "-" +
                                std::to_string(range.offset + part.length - 1)}};
  if (!head.etag.empty()) part.headers.emplace_back("If-Match", head.etag);
  return part;
}

std::string AbandonedBefore() {
  const time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() -
                                                              std::chrono::hours(24));
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts)};
}

}  // namespace ns::storage
