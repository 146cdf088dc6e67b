// Lists of applications, serialized, that ask the store for what has changed alone.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/shared_reads.h"
#include "base/mutex.h"
#include "ports/listing_store.h"

namespace ns::api {

// Keeps applications as they were shown last. An answer is never older than the call: the store is
// asked for the stamps of all each time, in one short statement that those who wait at once share,
// and whatever bears another stamp than what is kept is read anew. [any-thread]
class AppListing {
 public:
  explicit AppListing(size_t max_bytes = size_t{64} << 20) : max_bytes_(max_bytes) {}

  // A serialized GetApplicationsResponse.
  Result<std::string> Applications(ports::ListingStore& store, const ports::AppScope& scope);

 private:
  // The field of a response that holds one application, with its tag and length.
  using Bytes = std::shared_ptr<const std::string>;
  using Reads = SharedReads<ports::AppScope, std::string>;
  struct Kept {
    ports::AppStamp stamp;
    Bytes bytes;
  };
  struct State {
    std::unordered_map<std::string, Kept> kept;  // by id
    size_t bytes = 0;                            // of all
  };

  Reads::Answer Read(ports::ListingStore& store, const ports::AppScope& scope);
  // Those that are kept under their stamps; null for the others.
  std::vector<Bytes> Find(const std::vector<ports::AppStamp>& stamps);
  Bytes Keep(const ports::ListedApp& listed);

  const size_t max_bytes_;
  Guarded<State> state_;
  Reads reads_;
};

}  // namespace ns::api
