// Lists that a server gives in pages.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ns/sdk/storage.h"

namespace ns::storage {

struct Listing {
  std::vector<sdk::ObjectInfo> objects;  // keys as the server has them
  bool more = false;
};

// Gives what `page` gives for a query and the rests of it, without `prefix` and without what is
// no key of a storage. Throws NS_E_UNAVAILABLE where the server does not get on.
void ListPages(const sdk::ObjectQuery& query, const std::string& prefix,
               const std::function<Listing(const sdk::ObjectQuery&)>& page,
               const sdk::ObjectSink& out);

}  // namespace ns::storage
