#include "s3_storage.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "digest/digest.h"
#include "upload.h"

namespace ns::storage_s3 {
namespace {

using sdk::Call;
using sdk::Error;

constexpr uint64_t kMostParts = 10'000;

// Up to `size` bytes; fewer: that was the end.
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

// All has been read; whether it is what was told is known only at the end.
void ReadTheEnd(digest::Incoming& incoming) {
  char none = 0;
  incoming.Read(&none, 1);
}

struct Head {
  uint64_t size = 0;
  std::string etag;
};

Head HeadOf(Bucket& bucket, const Call& call, const std::string& key) {
  Bucket::Ask ask;
  ask.method = "HEAD";
  ask.key = key;
  const http::Response response = bucket.Do(call, ask);
  const auto header = [&](const char* name) {
    const auto found = response.headers.find(name);
    return found == response.headers.end() ? std::string() : found->second;
  };
  Head head{0, header("etag")};
  const std::string size = header("content-length");
  const auto read = std::from_chars(size.data(), size.data() + size.size(), head.size);
  if (read.ec != std::errc())
    throw Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
                "The server does not say how large " + key + " is.", sdk::Fault::kOperator);
  return head;
}

Error GoesRound() {
  return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
               "The server has more objects than it lists, and does not list what comes next.",
               sdk::Fault::kOperator);
}

}  // namespace

S3Storage::S3Storage(const sdk::Setup& setup)
    : host_(setup.host), config_(ParseConfig(setup.config)) {}

void S3Storage::Activate(const Call& call) {
  auto bucket = std::make_unique<Bucket>(config_, Read(config_.access_key, "access_key"),
                                         Read(config_.secret_key, "secret_key"));
  bucket_ = std::move(bucket);
  try {
    Check(call);
  } catch (...) {
    bucket_.reset();
    throw;
  }
  try {
    SweepUploads(*bucket_, call);
  } catch (const Error& error) {
    host_.log().Warn("uploads that crashes have left cannot be looked for",
                     {{"why", error.message()}});
  }
}

void S3Storage::Put(const Call& call, const sdk::Object& object, const sdk::ByteSource& bytes) {
  digest::Incoming incoming(object, bytes);
  const uint64_t part_size = std::max(config_.part_size, object.size / kMostParts + 1);
  std::string part = ReadPart(incoming, std::min(part_size, object.size));
  if (object.size <= part_size) {
    ReadTheEnd(incoming);
    Bucket::Ask ask;
    ask.method = "PUT";
    ask.key = object.key;
    ask.body = std::move(part);
    ask.sha256 = object.sha256;
    bucket_->Do(call, ask);
    return;
  }
  PartUpload upload(*bucket_, call, object.key);
  for (uint64_t left = object.size; left > 0;) {
    left -= part.size();
    upload.Add(std::move(part));
    part = ReadPart(incoming, std::min(part_size, left));
  }
  ReadTheEnd(incoming);
  upload.Complete();
}

void S3Storage::Get(const Call& call, const sdk::ObjectRange& range, const sdk::ByteSink& out) {
  Bucket::Ask ask;
  ask.key = range.key;
  if (range.offset > 0 || range.length != NS_STORAGE_TO_THE_END) {
    const Head head = HeadOf(*bucket_, call, range.key);
    if (range.offset > head.size) throw sdk::BeyondTheEnd(range, head.size);
    const uint64_t length = std::min(range.length, head.size - range.offset);
    if (length == 0) return;
    ask.headers = {{"Range", "bytes=" + std::to_string(range.offset) + "-" +
                                 std::to_string(range.offset + length - 1)}};
    ask.part = length;
    if (!head.etag.empty()) ask.headers.emplace_back("If-Match", head.etag);
  }
  bucket_->Stream(call, ask, [&](std::string_view bytes) { out.Write(bytes); });
}

sdk::ObjectInfo S3Storage::Stat(const Call& call, const std::string& key) {
  return {key, HeadOf(*bucket_, call, key).size};
}

void S3Storage::Remove(const Call& call, const std::string& key) {
  Bucket::Ask ask;
  ask.method = "DELETE";
  ask.key = key;
  try {
    bucket_->Do(call, ask);
  } catch (const Error& error) {
    if (error.code() != NS_E_NOT_FOUND) throw;
  }
}

Listing S3Storage::Page(const Call& call, const sdk::ObjectQuery& query) {
  Bucket::Ask ask;
  ask.query = {{"list-type", "2"},
               {"max-keys", std::to_string(query.limit)},
               {"prefix", config_.prefix + query.prefix}};
  if (!query.after.empty()) ask.query.emplace_back("start-after", config_.prefix + query.after);
  return ParseListing(bucket_->Do(call, ask).body);
}

void S3Storage::List(const Call& call, const sdk::ObjectQuery& query, const sdk::ObjectSink& out) {
  sdk::ObjectQuery rest = query;
  while (rest.limit > 0) {
    const std::string before = rest.after;
    const Listing page = Page(call, rest);
    for (const sdk::ObjectInfo& object : page.objects) {
      if (!object.key.starts_with(config_.prefix)) continue;
      const std::string key = object.key.substr(config_.prefix.size());
      rest.after = key;
      if (!sdk::IsStorageKey(key) || rest.limit == 0) continue;  // somebody else's
      out.Put({key, object.size});
      --rest.limit;
    }
    if (!page.more || rest.limit == 0) return;
    if (rest.after <= before) throw GoesRound();
  }
}

void S3Storage::Check(const Call& call) { Page(call, {"", "", 1}); }

}  // namespace ns::storage_s3
