// Who called a moment ago, so that the store is not asked for each call who calls.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "api/caller.h"
#include "base/mutex.h"

namespace ns::api {

// How long after a right was taken away by another process calls that only look may still have it.
inline constexpr Duration kCallerKept = std::chrono::seconds(1);

// Gives callers as the store had them at most kCallerKept ago, and never as it had them before
// Forget. Failures are not kept. [any-thread]
class Callers {
 public:
  Callers(const ports::Store& store, const IdentitySettings& settings, Clock& clock)
      : store_(store), settings_(settings), clock_(clock) {}

  // As api::Recognise.
  Result<Caller> Recognise(const Claim& claim);
  // The same where the store need not be asked.
  std::optional<Caller> Kept(const Claim& claim);
  // Something about them may have changed.
  void Forget();

 private:
  using Key = std::tuple<bool, std::string, bool>;  // by token; its hash or a name; admin
  struct Seen {
    Duration since{};  // monotonic, before the store was asked
    Caller caller;
  };
  struct State {
    std::map<Key, Seen> seen;
    uint64_t changes = 0;
  };

  static Key KeyOf(const Claim& claim);
  std::optional<Caller> Find(const State& state, const Key& key, Duration now) const;

  const ports::Store store_;
  const IdentitySettings& settings_;
  Clock& clock_;
  Guarded<State> state_;
};

}  // namespace ns::api
