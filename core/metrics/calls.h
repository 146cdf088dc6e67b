// Calls of the API, counted as they end.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "metrics/page.h"

namespace ns::metrics {

// [any-thread]
class Calls {
 public:
  Calls();
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // `method`: one of a bounded set of names.
  void Count(const std::string& method, Code code, Duration took);
  void AddTo(Page& page) const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace ns::metrics
