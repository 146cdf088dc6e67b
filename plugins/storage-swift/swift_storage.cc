#include "swift_storage.h"

#include <algorithm>
#include <utility>

#include "segments.h"

namespace ns::storage_swift {
namespace {

using sdk::Call;
using sdk::Error;

// Asks all servers that have the object: one of them may have been away when it was replaced.
const std::pair<std::string, std::string> kNewest = {"X-Newest", "true"};

// An object server opens the file that it has found in a folder: one that is replaced in between is
// told as missing, though the key was never without an object.
constexpr int kDoubted = 2;

}  // namespace

SwiftStorage::SwiftStorage(const sdk::Setup& setup)
    : host_(setup.host), config_(ParseConfig(setup.config)) {}

void SwiftStorage::Activate(const Call& call) {
  auto container = std::make_unique<Container>(config_, storage::Read(config_.key, "key"));
  container->Make(call);
  container_ = std::move(container);
  try {
    SweepSegments(*container_, call);
  } catch (const Error& error) {
    host_.log().Warn("segments that crashes have left cannot be removed",
                     {{"why", error.message()}});
  }
}

http::Response SwiftStorage::Look(const Call& call, const std::string& key, int doubted) {
  Container::Ask ask;
  ask.method = "HEAD";
  ask.name = key;
  ask.headers = {kNewest};
  ask.doubted = doubted;
  return container_->Do(call, ask);
}

std::string SwiftStorage::UploadBehind(const Call& call, const std::string& key) {
  try {
    return UploadOf(Look(call, key, 0));
  } catch (const Error& error) {
    if (error.code() != NS_E_NOT_FOUND) throw;
    return "";
  }
}

bool SwiftStorage::PutWhole(const Call& call, const std::string& key, std::string bytes) {
  Container::Ask ask;
  ask.method = "PUT";
  ask.name = key;
  ask.headers = {{"ETag", Md5Hex(bytes)}};
  ask.body = std::move(bytes);
  return TookPlace(container_->Do(call, ask));
}

// What was asked for has been done: that segments stay is no failure of it.
void SwiftStorage::Forget(const Call& call, const std::string& key, const std::string& upload) {
  if (upload.empty()) return;
  try {
    RemoveSegments(*container_, call, key, upload);
  } catch (const Error& error) {
    host_.log().Warn("segments stay until a start of tomorrow",
                     {{"key", key}, {"why", error.message()}});
  }
}

void SwiftStorage::Put(const Call& call, const sdk::Object& object, const sdk::ByteSource& bytes) {
  digest::Incoming incoming(object, bytes);
  const uint64_t part_size = std::max(config_.part_size, object.size / kMostSegments + 1);
  std::string part = storage::ReadPart(incoming, std::min(part_size, object.size));
  std::string before;  // taken out of place
  if (object.size <= part_size) {
    storage::ReadTheEnd(incoming);
    before = UploadBehind(call, object.key);
    if (!PutWhole(call, object.key, std::move(part))) return;
  } else {
    SegmentUpload upload(*container_, call, object.key);
    for (uint64_t left = object.size; left > 0;) {
      left -= part.size();
      upload.Add(part);
      part = storage::ReadPart(incoming, std::min(part_size, left));
    }
    storage::ReadTheEnd(incoming);
    before = UploadBehind(call, object.key);
    if (!upload.Complete()) return;
  }
  Forget(call, object.key, before);
}

void SwiftStorage::Get(const Call& call, const sdk::ObjectRange& range, const sdk::ByteSink& out) {
  Container::Ask ask;
  ask.name = range.key;
  if (range.offset > 0 || range.length != NS_STORAGE_TO_THE_END) {
    storage::Part part =
        storage::PartOf(range, storage::HeadFrom(Look(call, range.key, kDoubted), range.key));
    if (part.length == 0) return;
    ask.part = part.length;
    ask.headers = std::move(part.headers);
  }
  ask.headers.push_back(kNewest);
  ask.doubted = kDoubted;
  container_->Stream(call, ask, [&](std::string_view bytes) { out.Write(bytes); });
}

sdk::ObjectInfo SwiftStorage::Stat(const Call& call, const std::string& key) {
  return {key, storage::HeadFrom(Look(call, key, kDoubted), key).size};
}

void SwiftStorage::Remove(const Call& call, const std::string& key) {
  const std::string upload = UploadBehind(call, key);
  Container::Ask ask;
  ask.method = "DELETE";
  ask.name = key;
  try {
    container_->Do(call, ask);  // of a manifest alone: the object is gone at once
  } catch (const Error& error) {
    if (error.code() != NS_E_NOT_FOUND) throw;
  }
  Forget(call, key, upload);
}

void SwiftStorage::List(const Call& call, const sdk::ObjectQuery& query,
                        const sdk::ObjectSink& out) {
  const auto page = [&](const sdk::ObjectQuery& rest) {
    storage::Listing listing;
    for (Entry& entry :
         container_->List(call, Container::Which::kObjects, rest.prefix, rest.after, rest.limit))
      listing.objects.push_back({std::move(entry.name), entry.size});
    listing.more = listing.objects.size() >= rest.limit;
    return listing;
  };
  storage::ListPages(query, config_.prefix, page, out);
}

void SwiftStorage::Check(const Call& call) {
  container_->List(call, Container::Which::kObjects, "", "", 1);
}

}  // namespace ns::storage_swift
