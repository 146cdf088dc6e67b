#include "s3_storage.h"

#include <algorithm>
#include <utility>

#include "storage/transfer.h"
#include "upload.h"

namespace ns::storage_s3 {
namespace {

using sdk::Call;
using sdk::Error;

constexpr uint64_t kMostParts = 10'000;

storage::Head HeadOf(Bucket& bucket, const Call& call, const std::string& key) {
  Bucket::Ask ask;
  ask.method = "HEAD";
  ask.key = key;
  return storage::HeadFrom(bucket.Do(call, ask), key);
}

}  // namespace

S3Storage::S3Storage(const sdk::Setup& setup)
    : host_(setup.host), config_(ParseConfig(setup.config)) {}

void S3Storage::Activate(const Call& call) {
  auto bucket = std::make_unique<Bucket>(config_, storage::Read(config_.access_key, "access_key"),
                                         storage::Read(config_.secret_key, "secret_key"));
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
  std::string part = storage::ReadPart(incoming, std::min(part_size, object.size));
  if (object.size <= part_size) {
    storage::ReadTheEnd(incoming);
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
    part = storage::ReadPart(incoming, std::min(part_size, left));
  }
  storage::ReadTheEnd(incoming);
  upload.Complete();
}

void S3Storage::Get(const Call& call, const sdk::ObjectRange& range, const sdk::ByteSink& out) {
  Bucket::Ask ask;
  ask.key = range.key;
  if (range.offset > 0 || range.length != NS_STORAGE_TO_THE_END) {
    storage::Part part = storage::PartOf(range, HeadOf(*bucket_, call, range.key));
    if (part.length == 0) return;
    ask.part = part.length;
    ask.headers = std::move(part.headers);
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

storage::Listing S3Storage::Page(const Call& call, const sdk::ObjectQuery& query) {
  Bucket::Ask ask;
  ask.query = {{"list-type", "2"},
               {"max-keys", std::to_string(query.limit)},
               {"prefix", config_.prefix + query.prefix}};
  if (!query.after.empty()) ask.query.emplace_back("start-after", config_.prefix + query.after);
  return ParseListing(bucket_->Do(call, ask).body);
}

void S3Storage::List(const Call& call, const sdk::ObjectQuery& query, const sdk::ObjectSink& out) {
  storage::ListPages(
      query, config_.prefix, [&](const sdk::ObjectQuery& rest) { return Page(call, rest); }, out);
}

void S3Storage::Check(const Call& call) { Page(call, {"", "", 1}); }

}  // namespace ns::storage_s3
