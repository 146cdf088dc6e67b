// Objects as files: the key is the path below the folder. A new one is written under a name of its
// own in ".new" of the same file system, synchronised, and renamed into place.
#pragma once

#include <string>

#include "files.h"
#include "ns/sdk/storage.h"

namespace ns::storage_local {

struct Config {
  std::string path;                        // absolute
  uint64_t keep_free = uint64_t{1} << 28;  // bytes of the disk
};

// From JSON that fits the schema; NS_E_INVALID with what is wrong. `otherwise`: where no path is
// given.
Config ParseConfig(const std::string& json, const std::string& otherwise);

class LocalStorage final : public sdk::Storage {
 public:
  explicit LocalStorage(const sdk::Setup& setup);
  explicit LocalStorage(Config config) : config_(std::move(config)) {}

  void Activate(const sdk::Call& call) override;
  void Deactivate() override;
  void Put(const sdk::Call& call, const sdk::Object& object, const sdk::ByteSource& bytes) override;
  void Get(const sdk::Call& call, const sdk::ObjectRange& range, const sdk::ByteSink& out) override;
  sdk::ObjectInfo Stat(const sdk::Call& call, const std::string& key) override;
  void Remove(const sdk::Call& call, const std::string& key) override;
  void List(const sdk::Call& call, const sdk::ObjectQuery& query,
            const sdk::ObjectSink& out) override;
  void Check(const sdk::Call& call) override;

 private:
  void CheckRoom(uint64_t size) const;
  void Settle(Temporary& file, const std::string& key);
  // The object, opened; NS_E_NOT_FOUND.
  Fd Open(const std::string& key, uint64_t& size) const;

  const Config config_;
  Fd root_, temporary_;
};

}  // namespace ns::storage_local
