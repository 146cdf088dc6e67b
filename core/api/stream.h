// Answers of many messages: who asks takes what has come, again and again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "ports/call.h"

namespace ns::api {

// What has come since the last time.
struct Piece {
  std::vector<std::string> messages;  // serialized
  bool ended = false;                 // nothing more will come
};

// One answer under way. No thread is held between two looks. One call at a time.
class Stream {
 public:
  virtual ~Stream() = default;
  // Blocks on the store or a backend, not for what has not come yet. A failure ends the stream.
  virtual Result<Piece> Next(const ports::Call& call) = 0;
  // What a hint names when there may be more; empty: no hint tells.
  virtual std::string awaits() const = 0;
  // Between two looks when no hint has come.
  virtual Duration interval() const = 0;
  // For whom Next may be kept waiting by somebody other than the store: a user, the same each time;
  // empty: nobody keeps it waiting. [any-thread]
  virtual std::string waits_for_others() const { return ""; }
};

}  // namespace ns::api
