// Objects in a container. What is larger than a part is put in segments, each held in memory, so
// that it can be sent again; a digest is checked before the server is given the last piece.
#pragma once

#include <memory>
#include <string>

#include "container.h"
#include "ns/sdk/storage.h"
#include "storage/listing.h"
#include "storage/transfer.h"

namespace ns::storage_swift {

class SwiftStorage final : public sdk::Storage {
 public:
  explicit SwiftStorage(const sdk::Setup& setup);

  void Activate(const sdk::Call& call) override;
  void Deactivate() override { container_.reset(); }
  void Put(const sdk::Call& call, const sdk::Object& object, const sdk::ByteSource& bytes) override;
  void Get(const sdk::Call& call, const sdk::ObjectRange& range, const sdk::ByteSink& out) override;
  sdk::ObjectInfo Stat(const sdk::Call& call, const std::string& key) override;
  void Remove(const sdk::Call& call, const std::string& key) override;
  void List(const sdk::Call& call, const sdk::ObjectQuery& query,
            const sdk::ObjectSink& out) override;
  void Check(const sdk::Call& call) override;

 private:
  http::Response Look(const sdk::Call& call, const std::string& key, int doubted);
  std::string UploadBehind(const sdk::Call& call, const std::string& key);
  bool PutWhole(const sdk::Call& call, const std::string& key, std::string bytes);
  void Forget(const sdk::Call& call, const std::string& key, const std::string& upload);

  const sdk::Host host_;
  const Config config_;
  std::unique_ptr<Container> container_;  // while active
};

}  // namespace ns::storage_swift
