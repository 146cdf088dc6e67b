// Places where a test may end the process or make a call fail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ns {

enum class FailpointAction {
  kCrash,  // the process ends as by SIGKILL
  kError,  // the call fails
  kLost,   // the call succeeds, and its caller hears of a failure
  kTell,   // goes on, and says once that it came by
};

struct FailpointRule {
  std::string name;
  FailpointAction action = FailpointAction::kTell;
  int at = 0;  // the first time is 1; 0: every time
  friend bool operator==(const FailpointRule&, const FailpointRule&) = default;
};

// Reads "name=crash;name2=error;name3=lost@2;name4=tell". kInvalid names the item that is wrong.
Result<std::vector<FailpointRule>> ParseFailpoints(std::string_view spec);

// Makes `rules` those of this process. Call before threads.
void ConfigureFailpoints(const std::vector<FailpointRule>& rules);
// From a text as above; a wrong one ends the process.
void ConfigureFailpoints(const std::string& spec);
// Whether there is a rule at all.
bool FailpointsConfigured();

// Marks a place. With action `crash` the process ends here; with `error` or `lost` true comes back
// and the caller fails with kUnavailable. Each that does something says so in one line on standard
// error: "failpoint NAME: crash". Costs one load while none is configured. [any-thread]
bool Failpoint(std::string_view name);

}  // namespace ns
