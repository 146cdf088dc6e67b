// A child whose standard output is read while it runs.
#pragma once

#include <atomic>
#include <future>
#include <string_view>

#include "child/child.h"

namespace ns::engine_buildkit {

// It is watched by a thread of its own; `spec.output` and `spec.tick` are called there. The rest
// belongs to one thread.
class PipedChild {
 public:
  // The call and what `spec` refers to must outlive it.
  PipedChild(const sdk::Call& call, child::ChildSpec spec);
  ~PipedChild();
  PipedChild(const PipedChild&) = delete;
  PipedChild& operator=(const PipedChild&) = delete;

  // More of its output, until the next call; empty at the end.
  std::string_view Read();
  // Waits for its end and tells how that went; what it still writes is lost. Throws what RunChild
  // throws.
  child::ChildResult End();
  // The same, and ends it where it has not ended by itself.
  child::ChildResult Stop();
  // Whether one of these has returned.
  bool ended() const { return !running_.valid(); }

 private:
  int read_end_ = -1, write_end_ = -1;
  std::atomic<bool> enough_ = false;
  char buffer_[64 << 10];
  std::future<child::ChildResult> running_;
};

}  // namespace ns::engine_buildkit
