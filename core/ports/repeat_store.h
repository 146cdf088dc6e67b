// First answers to calls that their callers may repeat, by the key that a caller gave.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "base/status.h"

namespace ns::ports {

struct RepeatableCall {
  UserId user;
  std::string key;          // a digest of the caller's key
  std::string fingerprint;  // a digest of method and request
};

// How the store knows the call.
struct Repeat {
  enum class State {
    kFirst,     // the caller has it to itself: Finish or Abandon ends that, or the lease
    kUnderWay,  // somebody else carries it out just now
    kAnswered,  // `answer` is the first one
    kOther,     // the key belongs to another request
  } state = State::kFirst;
  Secret answer;
};

// [any-thread]
class RepeatStore {
 public:
  virtual ~RepeatStore() = default;
  // Remembers the call for `keep`; whoever is first has it for `lease`. What is older is forgotten.
  // `token` is new for every try.
  virtual Result<Repeat> Begin(const RepeatableCall& call, const std::string& token, Duration lease,
                               Duration keep) = 0;
  // Keeps the answer, which is not empty. kStale: the lease has passed and somebody else has it.
  virtual Status Finish(const RepeatableCall& call, const std::string& token,
                        const Secret& answer) = 0;
  // Forgets the call, so that the next try is the first. Nothing where somebody else has it.
  virtual Status Abandon(const RepeatableCall& call, const std::string& token) = 0;
};

}  // namespace ns::ports
