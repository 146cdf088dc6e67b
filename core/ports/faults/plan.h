// What may go wrong at a port, and who decides it.
#pragma once

#include <string_view>

#include "base/status.h"

namespace ns::ports {

enum class FaultMoment {
  kBefore,  // nothing has happened yet
  kAfter,   // the call has taken effect, and its answer is known here
  kLost,    // as kAfter; the answer may still be lost
};

// A place where a call can go wrong: "AppStore.SetEnv.before". ports/faults/points.h lists all.
struct FaultPoint {
  std::string_view name;
  FaultMoment moment;
};

// Asked by the decorators of ports/faults/faulty.h at each point that a call passes, in the order
// of FaultMoment, on the caller's thread. Each may hold the caller up or end the process.
class FaultPlan {
 public:
  virtual ~FaultPlan() = default;
  // A failure is the answer, and the call is not made.
  virtual Status Before(const FaultPoint& point) = 0;
  virtual void After(const FaultPoint& point) = 0;
  // A failure takes the place of the answer.
  virtual Status Lost(const FaultPoint& point) = 0;
};

}  // namespace ns::ports
