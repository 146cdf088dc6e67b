#include "segments.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "storage/transfer.h"

namespace ns::storage_swift {
namespace {

using namespace std::chrono_literals;
using sdk::Call;
using sdk::Error;
using Which = Container::Which;

constexpr auto kGiveUpLimit = 3s;  // the host waits five for a call that was cancelled
constexpr uint32_t kPage = 1'000;

std::string NewUpload() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
    throw Error(NS_E_INTERNAL, "", "The kernel gives no random bytes.", sdk::Fault::kPlatform);
  std::string name;
  for (const unsigned char byte : bytes) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

Container::Ask Removing(const std::string& segment) {
  Container::Ask ask;
  ask.method = "DELETE";
  ask.name = segment;
  ask.which = Which::kSegments;
  return ask;
}

void Remove(Container& container, const Call& call, const Container::Ask& ask) {
  try {
    container.Do(call, ask);
  } catch (const Error& error) {
    if (error.code() != NS_E_NOT_FOUND) throw;
  }
}

// All whose names begin so, without the prefix.
std::vector<Entry> AllSegments(Container& container, const Call& call, const std::string& below) {
  std::vector<Entry> all;
  const std::string& prefix = container.config().prefix;
  std::string after;
  for (;;) {
    const auto page = container.List(call, Which::kSegments, below, after, kPage);
    for (const Entry& entry : page) {
      if (!entry.name.starts_with(prefix + below)) continue;
      all.push_back({entry.name.substr(prefix.size()), entry.size, entry.modified});
    }
    if (page.size() < kPage || all.empty() || all.back().name <= after) return all;
    after = all.back().name;
  }
}

// "key/upload" of "key/upload/00001"; empty: somebody else's.
std::string UploadPath(const std::string& segment) {
  const size_t end = segment.rfind('/');
  const size_t key = end == std::string::npos ? end : segment.substr(0, end).rfind('/');
  if (key == std::string::npos || end - key - 1 != 32 || !sdk::IsStorageKey(segment.substr(0, key)))
    return "";
  return segment.substr(0, end);
}

// Of the object as it is; empty also where there is none.
std::string CurrentUpload(Container& container, const Call& call, const std::string& key) {
  Container::Ask ask;
  ask.method = "HEAD";
  ask.name = key;
  ask.headers = {{"X-Newest", "true"}};
  try {
    return UploadOf(container.Do(call, ask));
  } catch (const Error& error) {
    if (error.code() != NS_E_NOT_FOUND) throw;
    return "";
  }
}

}  // namespace

std::string UploadOf(const http::Response& response) {
  return storage::HeaderOf(response, "x-object-meta-neoshowcase-upload");
}

SegmentUpload::SegmentUpload(Container& container, const Call& call, const std::string& key)
    : container_(container), call_(call), key_(key), upload_(NewUpload()) {}

std::string SegmentUpload::NameOf(size_t number) const {
  char text[16];
  std::snprintf(text, sizeof(text), "/%05zu", number);  // in the order of the names
  return key_ + "/" + upload_ + text;
}

SegmentUpload::~SegmentUpload() {
  const auto until = Call::Clock::now() + kGiveUpLimit;
  ns_call raw{};  // the other call may be cancelled
  raw.struct_size = sizeof(raw);
  raw.cancel_fd = -1;
  raw.deadline_ns = until.time_since_epoch() / 1ns;
  const Call call(&raw);
  try {
    for (size_t number = 1; give_up_ && number <= begun_; ++number) {
      Container::Ask ask = Removing(NameOf(number));
      ask.once = true;
      Remove(container_, call, ask);
    }
  } catch (const std::exception&) {
    // The next SweepSegments finds them.
  }
}

void SegmentUpload::Add(const std::string& part) {
  Container::Ask ask;
  ask.method = "PUT";
  ask.name = NameOf(++begun_);
  ask.which = Which::kSegments;
  ask.body = part;
  const std::string md5 = Md5Hex(part);
  ask.headers = {{"ETag", md5}};
  container_.Do(call_, ask);
  segments_.push_back({container_.PathOf(ask.which, ask.name), md5, part.size()});
}

bool SegmentUpload::Complete() {
  std::string md5s;
  for (const Segment& segment : segments_) md5s += segment.md5;
  Container::Ask ask;
  ask.method = "PUT";
  ask.name = key_;
  ask.query = "?multipart-manifest=put";
  ask.body = RenderManifest(segments_);
  // A server that takes the manifest for an object as any other refuses it by this.
  ask.headers = {{"ETag", Md5Hex(md5s)}, {"X-Object-Meta-Neoshowcase-Upload", upload_}};
  call_.Check();
  give_up_ = false;
  try {
    return TookPlace(container_.Do(call_, ask));
  } catch (const Error& error) {
    if (error.reason() != NS_REASON_DIGEST_MISMATCH) throw;
    give_up_ = true;
    throw Error(
        NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
        std::string("The server does not take segments for one object (slo): ") + error.message(),
        sdk::Fault::kOperator);
  }
}

void RemoveSegments(Container& container, const Call& call, const std::string& key,
                    const std::string& upload) {
  for (const Entry& segment : AllSegments(container, call, key + "/" + upload + "/"))
    Remove(container, call, Removing(segment.name));
}

void SweepSegments(Container& container, const Call& call) {
  struct Upload {
    std::string modified;  // the last of its segments
    std::vector<std::string> segments;
  };
  std::map<std::string, Upload> uploads;
  for (const Entry& segment : AllSegments(container, call, "")) {
    const std::string path = UploadPath(segment.name);
    if (path.empty()) continue;
    Upload& upload = uploads[path];
    upload.modified = std::max(upload.modified, segment.modified);
    upload.segments.push_back(segment.name);
  }
  const std::string limit = storage::AbandonedBefore();
  for (const auto& [path, upload] : uploads) {
    if (upload.modified >= limit) continue;
    const size_t key = path.rfind('/');
    if (CurrentUpload(container, call, path.substr(0, key)) == path.substr(key + 1)) continue;
    for (const std::string& segment : upload.segments) Remove(container, call, Removing(segment));
  }
}

}  // namespace ns::storage_swift
