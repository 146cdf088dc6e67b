#include "api/repeats.h"

#include <algorithm>
#include <utility>

#include "api/problem.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/log.h"
#include "google/rpc/status.pb.h"
#include "model/validate.h"

namespace ns::api {
namespace {

constexpr char kHeader[] = "Idempotency-Key";
constexpr size_t kLongest = 255;                      // bytes
constexpr Duration kKept = std::chrono::hours(24);    // an answer
constexpr Duration kLease = std::chrono::minutes(2);  // longer than any call takes
constexpr char kDone = 'd', kRefused = 'r';           // first byte of a kept answer

// Without the quotes and escapes of RFC 8941, 3.3.3; what is no such string stays as it is.
std::string Unquoted(const std::string& text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  std::string out;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// Whether asking again would give the same: neither a limit nor an outage, of a remote neither, nor
// a defect.
bool IsFinal(const Status& status) {
  if (status.reason() == "RemoteUnreachable" || status.reason() == "RemoteTimeout") return false;
  switch (status.code()) {
    case Code::kOk:
    case Code::kInvalid:
    case Code::kNotFound:
    case Code::kExists:
    case Code::kDenied:
    case Code::kPrecondition:
      return true;
    default:
      return false;
  }
}

Secret Packed(const Result<std::string>& answer) {
  if (answer.ok()) return Secret(kDone + *answer);
  const Status& refusal = answer.status();
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(refusal.code()));
  wire.set_message(refusal.message());
  std::string out(1, kRefused);
  out += refusal.reason() + '\n' + std::to_string(refusal.details().size()) + '\n' +
         refusal.details() + wire.SerializeAsString();
  return Secret(std::move(out));
}

Status BrokenAnswer() { return Internal("a kept answer does not read"); }

Result<std::string> Unpacked(const Secret& kept) {
  const std::string& text = kept.Reveal();
  if (text.starts_with(kDone)) return text.substr(1);
  const size_t reason = text.find('\n'), size = text.find('\n', reason + 1);
  if (!text.starts_with(kRefused) || size == std::string::npos) return BrokenAnswer();
  const size_t details = std::stoul(text.substr(reason + 1, size - reason - 1));
  google::rpc::Status wire;
  if (!wire.ParseFromString(text.substr(size + 1 + details))) return BrokenAnswer();
  Status refusal(static_cast<Code>(wire.code()), text.substr(1, reason - 1), wire.message());
  return refusal.SetDetails(text.substr(size + 1, details));
}

// Gives the call back unless it was kept, whatever way the scope ends.
class Claimed {
 public:
  Claimed(ports::RepeatStore& store, const ports::RepeatableCall& call, const std::string& token)
      : store_(store), call_(call), token_(token) {}
  ~Claimed() {
    if (kept_) return;
    if (const Status left = store_.Abandon(call_, token_); !left.ok())
      log::Warn("a call with an idempotency key is held until its lease passes",
                {{"why", left.ToString()}});
  }
  Claimed(const Claimed&) = delete;
  Claimed& operator=(const Claimed&) = delete;

  void Keep(const Result<std::string>& answer) {
    kept_ = true;  // what was done must not be done again while that is not known
    if (const Status kept = store_.Finish(call_, token_, Packed(answer)); !kept.ok())
      log::Warn("the answer to a call with an idempotency key is not kept",
                {{"why", kept.ToString()}});
  }

 private:
  ports::RepeatStore& store_;
  const ports::RepeatableCall& call_;
  const std::string& token_;
  bool kept_ = false;
};

Status Reused() {
  return Refuse(
      Code::kInvalid, "IdempotencyKeyReused",
      {{kHeader, "was used with another request within the last 24 hours: take a new one"}});
}

Status UnderWay() {
  return Status(Code::kStale, "CallUnderWay",
                "the first call with this Idempotency-Key is under way: ask again in a second")
      .SetRetryAfter(std::chrono::seconds(1));
}

}  // namespace

Result<std::optional<std::string>> IdempotencyKeyOf(const Peer& peer) {
  std::optional<std::string> found;
  for (const auto& [name, value] : peer.headers) {
    if (name != "idempotency-key") continue;
    if (found) return InvalidField(kHeader, "must come once");
    found = Unquoted(value);
  }
  if (!found) return found;
  const bool visible =
      std::all_of(found->begin(), found->end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (found->empty() || found->size() > kLongest || !visible) {
    return InvalidField(
        kHeader, "must have 1 to 255 visible ASCII characters, got " + model::Quoted(*found));
  }
  return found;
}

Result<std::string> Repeats::Once(const KeyedCall& call, bool& repeated,
                                  const std::function<Result<std::string>()>& act) {
  const ports::RepeatableCall digests = DigestsOf(call);
  const std::string token = NewIdText(random_);
  NS_ASSIGN(const ports::Repeat found, store_.Begin(digests, token, kLease, kKept));
  switch (found.state) {
    case ports::Repeat::State::kFirst:
      return Carry(digests, token, act);
    case ports::Repeat::State::kUnderWay:
      return UnderWay();
    case ports::Repeat::State::kOther:
      return Reused();
    case ports::Repeat::State::kAnswered:
      break;
  }
  repeated = true;
  return Unpacked(found.answer);
}

ports::RepeatableCall Repeats::DigestsOf(const KeyedCall& call) const {
  return {call.user, KeyHasher(secret_).Add(call.credential).Add(call.key).Finish(),
          KeyHasher(secret_).Add(call.method).Add(call.request).Finish()};
}

Result<std::string> Repeats::Carry(const ports::RepeatableCall& call, const std::string& token,
                                   const std::function<Result<std::string>()>& act) {
  Claimed claimed(store_, call, token);
  Result<std::string> answer = act();
  if (IsFinal(answer.status())) claimed.Keep(answer);
  return answer;
}

}  // namespace ns::api
