// Idempotency keys: a call that its caller sends again is carried out once, and answered alike.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/identity.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "ports/repeat_store.h"

namespace ns::api {

// What the header `Idempotency-Key` says, quoted as a string of RFC 8941 or bare. kInvalid: more
// than one, or not 1 to 255 visible ASCII characters. Source: draft-ietf-httpapi-idempotency-key-
// header-07.
Result<std::optional<std::string>> IdempotencyKeyOf(const Peer& peer);

// A call with such a key. Who shows another credential has keys of their own, so that nobody is
// given an answer that they could not have asked for.
struct KeyedCall {
  UserId user;
  std::string credential;
  std::string key;
  std::string method;
  std::string request;
};

// [any-thread]
class Repeats {
 public:
  // `secret` keeps digests from telling what was sent.
  Repeats(ports::RepeatStore& store, const Secret& secret, Random& random)
      : store_(store), secret_(secret), random_(random) {}

  // The first answer to this call, from `act` or from the store (then `repeated` is set). What says
  // nothing final (unavailable, internal, a deadline, ...) is given and not kept. kInvalid with the
  // reason "IdempotencyKeyReused": the key was used with another request. kStale with
  // "CallUnderWay": the first is not answered yet.
  Result<std::string> Once(const KeyedCall& call, bool& repeated,
                           const std::function<Result<std::string>()>& act);

 private:
  ports::RepeatableCall DigestsOf(const KeyedCall& call) const;
  Result<std::string> Carry(const ports::RepeatableCall& call, const std::string& token,
                            const std::function<Result<std::string>()>& act);

  ports::RepeatStore& store_;
  const Secret& secret_;
  Random& random_;
};

}  // namespace ns::api
