// Objects in a bucket. What is larger than a part is uploaded in parts, each held in memory, so
// that it can be sent again; a digest is checked before the server is told the last word.
#pragma once

#include <memory>
#include <string>

#include "bucket.h"
#include "ns/sdk/storage.h"

namespace ns::storage_s3 {

class S3Storage final : public sdk::Storage {
 public:
  explicit S3Storage(const sdk::Setup& setup);

  void Activate(const sdk::Call& call) override;
  void Deactivate() override { bucket_.reset(); }
  void Put(const sdk::Call& call, const sdk::Object& object, const sdk::ByteSource& bytes) override;
  void Get(const sdk::Call& call, const sdk::ObjectRange& range, const sdk::ByteSink& out) override;
  sdk::ObjectInfo Stat(const sdk::Call& call, const std::string& key) override;
  void Remove(const sdk::Call& call, const std::string& key) override;
  void List(const sdk::Call& call, const sdk::ObjectQuery& query,
            const sdk::ObjectSink& out) override;
  void Check(const sdk::Call& call) override;

 private:
  storage::Listing Page(const sdk::Call& call, const sdk::ObjectQuery& query);

  const sdk::Host host_;
  const Config config_;
  std::unique_ptr<Bucket> bucket_;  // while active
};

}  // namespace ns::storage_s3
