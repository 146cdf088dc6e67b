#include "upload.h"

#include <utility>

#include "storage/transfer.h"

namespace ns::storage_s3 {
namespace {

using namespace std::chrono_literals;

constexpr auto kGiveUpLimit = 3s;  // the host waits five for a call that was cancelled

void GiveUp(Bucket& bucket, const sdk::Call& call, const std::string& key, const std::string& id) {
  Bucket::Ask ask;
  ask.method = "DELETE";
  ask.key = key;
  ask.query = {{"uploadId", id}};
  ask.once = true;
  ask.timeout = kGiveUpLimit;
  bucket.Do(call, ask);
}

}  // namespace

PartUpload::PartUpload(Bucket& bucket, const sdk::Call& call, const std::string& key)
    : bucket_(bucket), call_(call), key_(key) {
  Bucket::Ask ask;
  ask.method = "POST";
  ask.key = key_;
  ask.query = {{"uploads", ""}};
  id_ = ParseUploadId(bucket_.Do(call_, ask).body);
}

PartUpload::~PartUpload() {
  if (id_.empty()) return;
  try {
    GiveUp(bucket_, sdk::Call(), key_, id_);  // by a call of its own: the other may be cancelled
  } catch (const std::exception&) {
    // The next SweepUploads finds it.
  }
}

void PartUpload::Add(std::string part) {
  Bucket::Ask ask;
  ask.method = "PUT";
  ask.key = key_;
  ask.query = {{"partNumber", std::to_string(etags_.size() + 1)}, {"uploadId", id_}};
  ask.body = std::move(part);
  const http::Response response = bucket_.Do(call_, ask);
  const auto etag = response.headers.find("etag");
  if (etag == response.headers.end())
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
                     "The server took a part and gave no ETag for it.", sdk::Fault::kOperator);
  etags_.push_back(etag->second);
}

void PartUpload::Complete() {
  Bucket::Ask ask;
  ask.method = "POST";
  ask.key = key_;
  ask.query = {{"uploadId", id_}};
  ask.body = RenderParts(etags_);
  ask.once = true;  // a second one would not find the upload
  const http::Response response = bucket_.Do(call_, ask);
  if (!IsCompleted(response.body)) throw ErrorOf("the end of the upload of " + key_, response);
  id_.clear();
}

void SweepUploads(Bucket& bucket, const sdk::Call& call) {
  const std::string& prefix = bucket.config().prefix;
  Bucket::Ask ask;
  ask.query = {{"prefix", prefix}, {"uploads", ""}};
  const std::string limit = storage::AbandonedBefore();
  for (const Upload& upload : ParseUploads(bucket.Do(call, ask).body)) {
    if (upload.key.starts_with(prefix) && !upload.id.empty() && upload.began < limit)
      GiveUp(bucket, call, upload.key.substr(prefix.size()), upload.id);
  }
}

}  // namespace ns::storage_s3
