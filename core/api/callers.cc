#include "api/callers.h"

#include <optional>

#include "model/token_text.h"

namespace ns::api {
namespace {

constexpr size_t kMost = 4096;  // callers that are kept

}  // namespace

Callers::Key Callers::KeyOf(const Claim& claim) {
  if (!claim.token.empty()) return {true, model::TokenHash(claim.token.Reveal()), false};
  return {false, claim.name, claim.admin};
}

Result<Caller> Callers::Recognise(const Claim& claim) {
  const Duration now = clock_.Monotonic();
  Key key = KeyOf(claim);
  uint64_t changes = 0;
  auto kept = state_.With([&](State& state) -> std::optional<Caller> {
    changes = state.changes;
    const auto found = state.kept.find(key);
    if (found == state.kept.end() || now - found->second.since >= kCallerKept) return std::nullopt;
    return found->second.caller;
  });
  if (kept) return std::move(*kept);
  NS_ASSIGN(Caller caller, api::Recognise(store_, settings_, claim));
  state_.With([&](State& state) {
    if (state.changes != changes) return;  // what was read may be from before
    if (state.kept.size() >= kMost) state.kept.clear();
    state.kept.insert_or_assign(std::move(key), Kept{now, caller});
  });
  return caller;
}

void Callers::Forget() {
  state_.With([](State& state) {
    state.kept.clear();
    ++state.changes;
  });
}

}  // namespace ns::api
