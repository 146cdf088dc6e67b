#include "api/callers.h"

#include "model/token_text.h"

namespace ns::api {
namespace {

constexpr size_t kMost = 4096;  // callers that are kept

}  // namespace

Callers::Key Callers::KeyOf(const Claim& claim) {
  if (!claim.token.empty()) return {true, model::TokenHash(claim.token.Reveal()), false};
  return {false, claim.name, claim.admin};
}

std::optional<Caller> Callers::Find(const State& state, const Key& key, Duration now) const {
  const auto found = state.seen.find(key);
  if (found == state.seen.end() || now - found->second.since >= kCallerKept) return std::nullopt;
  const Caller& caller = found->second.caller;
  if (caller.token && clock_.Now() >= caller.token->expires) return std::nullopt;
  return caller;
}

std::optional<Caller> Callers::Kept(const Claim& claim) {
  const Key key = KeyOf(claim);
  return state_.With([&](State& state) { return Find(state, key, clock_.Monotonic()); });
}

Result<Caller> Callers::Recognise(const Claim& claim) {
  const Duration now = clock_.Monotonic();
  Key key = KeyOf(claim);
  uint64_t changes = 0;
  auto kept = state_.With([&](State& state) {
    changes = state.changes;
    return Find(state, key, now);
  });
  if (kept) return std::move(*kept);
  NS_ASSIGN(Caller caller, api::Recognise(store_, settings_, claim));
  state_.With([&](State& state) {
    if (state.changes != changes) return;  // what was read may be from before
    if (state.seen.size() >= kMost) state.seen.clear();
    state.seen.insert_or_assign(std::move(key), Seen{now, caller});
  });
  return caller;
}

void Callers::Forget() {
  state_.With([](State& state) {
    state.seen.clear();
    ++state.changes;
  });
}

}  // namespace ns::api
