#include "ports/testing/fake_storage.h"

#include <algorithm>
#include <utility>

#include "model/storage_key.h"

namespace ns::ports::testing {
namespace {

constexpr size_t kPiece = 64u << 10;

Status Mismatch(const std::string& key) {
  return Status(Code::kInvalid, "DigestMismatch", "the bytes of " + key + " are others than told")
      .SetFault(Fault::kPlatform);
}

}  // namespace

Status FakeStorage::Enter(const Call& call, const std::string& key) {
  if (!model::IsStorageKey(key)) return Invalid("\"" + key + "\" is no key of a storage");
  return Check(call);
}

Status FakeStorage::Check(const Call& call) {
  if (call.cancel.stop_requested())
    return {Code::kCancelled, "Cancelled", "the call was cancelled"};
  return state_.With([](State& state) { return state.failure; });
}

Result<std::string> FakeStorage::Find(const std::string& key) {
  return state_.With([&](State& state) -> Result<std::string> {
    const auto found = state.objects.find(key);
    if (found != state.objects.end()) return found->second;
    return Status(Code::kNotFound, "ObjectMissing", "there is no " + key);
  });
}

Status FakeStorage::Put(const Call& call, const std::string& key, const Digest& digest,
                        const ObjectSource& bytes) {
  NS_TRY(Enter(call, key));
  std::string all, piece(kPiece, '\0');
  Sha256 sum;
  for (;;) {
    NS_TRY(Enter(call, key));
    NS_ASSIGN(const size_t got, bytes(piece.data(), piece.size()));
    if (got == 0) break;
    sum.Add({piece.data(), got});
    all.append(piece, 0, got);
    if (all.size() > digest.size) return Mismatch(key);
  }
  if (all.size() != digest.size || sum.FinishHex() != digest.sha256) return Mismatch(key);
  state_.With([&](State& state) { state.objects[key] = std::move(all); });
  return {};
}

Status FakeStorage::Get(const Call& call, const std::string& key, const ObjectRange& range,
                        const ObjectSink& out) {
  NS_TRY(Enter(call, key));
  NS_ASSIGN(const std::string all, Find(key));
  if (range.offset > all.size()) return Invalid("the offset is beyond the end of " + key);
  std::string_view rest = std::string_view(all).substr(range.offset, range.length);
  while (!rest.empty()) {
    NS_TRY(Enter(call, key));
    NS_TRY(out(rest.substr(0, kPiece)));
    rest.remove_prefix(std::min(kPiece, rest.size()));
  }
  return {};
}

Result<ObjectInfo> FakeStorage::Stat(const Call& call, const std::string& key) {
  NS_TRY(Enter(call, key));
  NS_ASSIGN(const std::string all, Find(key));
  return ObjectInfo{key, all.size()};
}

Status FakeStorage::Remove(const Call& call, const std::string& key) {
  NS_TRY(Enter(call, key));
  state_.With([&](State& state) { state.objects.erase(key); });
  return {};
}

Result<std::vector<ObjectInfo>> FakeStorage::List(const Call& call, const ObjectQuery& query) {
  NS_TRY(Check(call));
  return state_.With([&](State& state) {
    std::vector<ObjectInfo> found;
    for (auto it = state.objects.upper_bound(query.after);
         it != state.objects.end() && found.size() < query.limit; ++it) {
      if (it->first.starts_with(query.prefix)) found.push_back({it->first, it->second.size()});
    }
    return found;
  });
}

void FakeStorage::FailWith(Status status) {
  state_.With([&](State& state) { state.failure = std::move(status); });
}

void FakeStorage::Corrupt(const std::string& key, std::string bytes) {
  state_.With([&](State& state) { state.objects[key] = std::move(bytes); });
}

}  // namespace ns::ports::testing
