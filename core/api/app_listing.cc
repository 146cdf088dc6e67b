#include "api/app_listing.h"

#include "api/convert.h"

namespace ns::api {
namespace {

// The applications whose bytes are missing, as the store has them now.
Result<std::vector<ports::ListedApp>> Missing(
    ports::ListingStore& store, const std::vector<ports::AppStamp>& stamps,
    const std::vector<std::shared_ptr<const std::string>>& found) {
  std::vector<AppId> ids;
  for (size_t i = 0; i < stamps.size(); ++i) {
    if (!found[i]) ids.push_back(stamps[i].id);
  }
  if (ids.empty()) return std::vector<ports::ListedApp>();
  return store.Apps(ids);
}

std::string Joined(const std::vector<std::shared_ptr<const std::string>>& pieces) {
  size_t size = 0;
  for (const auto& piece : pieces) size += piece ? piece->size() : 0;
  std::string out;
  out.reserve(size);
  for (const auto& piece : pieces) {
    if (piece) out += *piece;
  }
  return out;
}

}  // namespace

Result<std::string> AppListing::Applications(ports::ListingStore& store,
                                             const ports::AppScope& scope) {
  NS_ASSIGN(const auto answer, reads_.Get(scope, [&] { return Read(store, scope); }));
  return *answer;
}

AppListing::Reads::Answer AppListing::Read(ports::ListingStore& store,
                                           const ports::AppScope& scope) {
  NS_ASSIGN(const auto stamps, store.Stamps(scope));
  std::vector<Bytes> pieces = Find(stamps);
  NS_ASSIGN(const auto missing, Missing(store, stamps, pieces));
  // Both lists are in order of creation. What was purged or deleted meanwhile is left out.
  size_t place = 0;
  for (const ports::ListedApp& listed : missing) {
    while (stamps[place].id != listed.app.id) ++place;
    if (!listed.app.deleted) pieces[place] = Keep(listed);
  }
  return std::make_shared<const std::string>(Joined(pieces));
}

std::vector<AppListing::Bytes> AppListing::Find(const std::vector<ports::AppStamp>& stamps) {
  return state_.With([&](State& state) {
    std::vector<Bytes> found(stamps.size());
    for (size_t i = 0; i < stamps.size(); ++i) {
      const auto kept = state.kept.find(stamps[i].id.str());
      if (kept != state.kept.end() && kept->second.stamp == stamps[i])
        found[i] = kept->second.bytes;
    }
    return found;
  });
}

AppListing::Bytes AppListing::Keep(const ports::ListedApp& listed) {
  pb::GetApplicationsResponse one;
  *one.add_applications() = ToProto(listed);
  auto bytes = std::make_shared<const std::string>(one.SerializeAsString());
  state_.With([&](State& state) {
    if (state.bytes + bytes->size() > max_bytes_) state = State();
    Kept& kept = state.kept[listed.stamp.id.str()];
    state.bytes += bytes->size() - (kept.bytes ? kept.bytes->size() : 0);
    kept = {listed.stamp, bytes};
  });
  return bytes;
}

}  // namespace ns::api
