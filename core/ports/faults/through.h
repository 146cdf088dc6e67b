// One call past its three points; what the generated decorators are made of.
#pragma once

#include <cstddef>
#include <string_view>

#include "ports/faults/plan.h"
#include "ports/faults/points.h"

namespace ns::ports {

// Where the three points of "Port.Method" begin in kFaultPoints. A name that is not there does not
// compile.
consteval size_t PointsOf(std::string_view method) {
  size_t at = 0;
  while (!kFaultPoints.at(at).name.starts_with(method) ||
         kFaultPoints.at(at).name.substr(method.size()) != ".before")
    ++at;
  return at;
}

template <class Call>
auto Through(FaultPlan& plan, size_t points, const Call& call) -> decltype(call()) {
  if (Status failed = plan.Before(kFaultPoints[points]); !failed.ok()) return failed;
  auto answer = call();
  plan.After(kFaultPoints[points + 1]);
  if (Status lost = plan.Lost(kFaultPoints[points + 2]); !lost.ok()) return lost;
  return answer;
}

}  // namespace ns::ports
