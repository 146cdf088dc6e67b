// Lets everything pass and counts the calls of each method.
#pragma once

#include <map>
#include <string>

#include "ports/faults/faulty.h"

namespace ns::ports {

class CountingPlan final : public FaultPlan {
 public:
  std::map<std::string, int> calls;  // by "UserStore.Get"

  Status Before(const FaultPoint& point) override {
    ++calls[std::string(point.name.substr(0, point.name.rfind('.')))];
    return {};
  }
  void After(const FaultPoint&) override {}
  Status Lost(const FaultPoint&) override { return {}; }
};

}  // namespace ns::ports
