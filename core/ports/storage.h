// Where artifacts are kept: bytes under keys.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/status.h"
#include "ports/call.h"

namespace ns::ports {

// What bytes are.
struct Digest {
  uint64_t size = 0;
  std::string sha256;  // 64 lower-case hex characters
  friend bool operator==(const Digest&, const Digest&) = default;
};

struct ObjectRange {
  uint64_t offset = 0;
  uint64_t length = std::numeric_limits<uint64_t>::max();  // at most
};

struct ObjectInfo {
  std::string key;
  uint64_t size = 0;
  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

struct ObjectQuery {
  std::string prefix;  // of whole keys, by bytes
  std::string after;   // the last key of the page before; empty: from the first
  uint32_t limit = 1000;
};

// Puts up to `most` bytes at `to` and tells how many; 0 is the end. Called on the calling thread.
using ObjectSource = std::function<Result<size_t>(char* to, size_t most)>;
// Takes the next bytes. Called on the calling thread.
using ObjectSink = std::function<Status(std::string_view bytes)>;

// One storage instance. Calls block, and may come at once. A key is of 1 to 512 bytes, names of
// [a-z0-9._-] with '/' in between that do not begin with '.' (model/storage_key.h); any other is
// kInvalid. Nobody keeps both "a" and "a/b". Reasons: "ObjectMissing", "DigestMismatch",
// "DiskFull", "StorageUnavailable", "StorageDenied". What a source or a sink says ends the call and
// comes back unchanged.
class Storage {
 public:
  virtual ~Storage() = default;
  // Keeps what `bytes` gives, where that has this digest; a key is whole or absent. kInvalid with
  // "DigestMismatch": it has not, and the key is as before. Again is harmless; other bytes take the
  // place of the old at once.
  virtual Status Put(const Call& call, const std::string& key, const Digest& digest,
                     const ObjectSource& bytes) = 0;
  // kNotFound; kInvalid for an offset beyond the end. What was given before a failure is given.
  virtual Status Get(const Call& call, const std::string& key, const ObjectRange& range,
                     const ObjectSink& out) = 0;
  // kNotFound.
  virtual Result<ObjectInfo> Stat(const Call& call, const std::string& key) = 0;
  // An absent key is no failure.
  virtual Status Remove(const Call& call, const std::string& key) = 0;
  // Each key once, at most `limit`, in an order of the storage's own; fewer: there are no more.
  virtual Result<std::vector<ObjectInfo>> List(const Call& call, const ObjectQuery& query) = 0;
  // Whether it can be used now.
  virtual Status Check(const Call& call) = 0;
};

// Gets all of an object and looks whether that is what was put: "DigestMismatch" (kInvalid) when
// all has been given and is something else.
inline Status GetWhole(Storage& storage, const Call& call, const std::string& key,
                       const Digest& digest, const ObjectSink& out) {
  Sha256 sum;
  uint64_t size = 0;
  NS_TRY(storage.Get(call, key, {}, [&](std::string_view bytes) {
    sum.Add(bytes);
    size += bytes.size();
    return out(bytes);
  }));
  if (size == digest.size && sum.FinishHex() == digest.sha256) return {};
  return Status(Code::kInvalid, "DigestMismatch",
                "the storage gave other bytes for " + key + " than were put")
      .SetFault(Fault::kPlatform);
}

}  // namespace ns::ports
