// Repositories that are pushed straight to the platform, as far as they lie on this machine.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "ports/call.h"

namespace ns::ports {

// The body of a request as it comes, and the way back. One thread uses it.
class ByteExchange {
 public:
  virtual ~ByteExchange() = default;
  // A descriptor that is readable while Take would give something new; -1: there is none.
  virtual int ready() const = 0;
  // Appends what has come of the body meanwhile. True: that was the end of it. kCancelled: whoever
  // sends it has gone.
  virtual Result<bool> Take(std::string& bytes) = 0;
  // Hands over bytes of the answer. Waits until they can be taken: kCancelled, kDeadline.
  virtual Status Give(const Call& call, std::string_view bytes) = 0;
};

enum class GitService { kUpload = 0, kReceive = 1 };  // fetch, push

// One request of Git's smart HTTP protocol.
struct GitServing {
  GitService service = GitService::kUpload;
  bool advertise = false;     // the list of refs; else the body is a request
  bool gzip = false;          // the body is compressed
  std::string protocol = {};  // value of the header Git-Protocol
  // Of a push: whether it may still be. Asked now and then on the thread of the call while it goes
  // on, and last when all but its refs is there; then any failure refuses it. Before that
  // kUnavailable and kDeadline do not. Empty: it may.
  std::function<Status()> may = {};
};

// What became of a request that was answered in full.
struct GitServed {
  Status refused;      // of a push: why it, or a part of it, was refused, as the client was told
  bool moved = false;  // and whether any ref was changed all the same
};

// Names as model::ReceivedNameMistake lets them pass; others are kInvalid. Calls block.
// [any-thread]
class GitReceive {
 public:
  virtual ~GitReceive() = default;
  // An empty repository, unless there is one.
  virtual Status Create(const std::string& name) = 0;
  // Whether it is there.
  virtual Result<bool> Has(const std::string& name) = 0;
  // It goes, if it is there.
  virtual Status Remove(const std::string& name) = 0;
  // Packs loose objects and drops what nothing refers to, where that is worth it.
  virtual Status Tidy(const Call& call, const std::string& name) = 0;
  // Answers one request. What is refused of a push the client is told in Git's own form; a failure
  // here means that nothing or not the whole answer was given. kNotFound: there is no such
  // repository; "RepositoryFull": a push to one that has reached its limit; kDeadline, kCancelled.
  // Refusals: "PushTooLarge", "ObjectsRefused", "PackRefused", "RefRefused", "TooManyRefs", and
  // what GitServing::may says.
  virtual Result<GitServed> Serve(const Call& call, const std::string& name,
                                  const GitServing& serving, ByteExchange& exchange) = 0;
};

}  // namespace ns::ports
