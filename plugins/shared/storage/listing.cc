#include "storage/listing.h"

namespace ns::storage {
namespace {

sdk::Error GoesRound() {
  return sdk::Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
                    "The server has more objects than it lists, and does not list what comes next.",
                    sdk::Fault::kOperator);
}

}  // namespace

void ListPages(const sdk::ObjectQuery& query, const std::string& prefix,
               const std::function<Listing(const sdk::ObjectQuery&)>& page,
               const sdk::ObjectSink& out) {
  sdk::ObjectQuery rest = query;
  while (rest.limit > 0) {
    const std::string before = rest.after;
    const Listing listing = page(rest);
    for (const sdk::ObjectInfo& object : listing.objects) {
      if (!object.key.starts_with(prefix)) continue;
      const std::string key = object.key.substr(prefix.size());
      rest.after = key;
      if (!sdk::IsStorageKey(key) || rest.limit == 0) continue;  // somebody else's
      out.Put({key, object.size});
      --rest.limit;
    }
    if (!listing.more || rest.limit == 0) return;
    if (rest.after <= before) throw GoesRound();
  }
}

}  // namespace ns::storage
