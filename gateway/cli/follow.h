// Waits for an application, and shows meanwhile what happens: state, build log, phases of the
// deploy.
#pragma once

#include <string>

#include "context.h"

namespace ns::cli {

struct Following {
  std::string app_id;
  std::string commit;            // wait until this one is wanted; empty: whatever is wanted
  bool log = false;              // show the build log
  std::string known_build;       // its log is not shown: it was there before
  int64_t known_generation = 0;  // phases of this deploy are not shown
  bool pinned = false;           // it stays at one release, whatever is pushed or set
};

// The baseline of an application as it is now.
Following FollowingOf(Context& context, const std::string& app_id);
// Returns when nothing is under way any more. Throws Failure(kTimedOut) after context.timeout
// seconds.
platform::ApplicationStatus Follow(Context& context, const Following& following);
// Follows, then throws Failure(kFailed) with the reason unless all is as the owner asked.
platform::ApplicationStatus FollowToSuccess(Context& context, const Following& following);
// Waits until the application is no more.
void FollowToTheEnd(Context& context, const std::string& app_id);
// Prints the log of a build to stdout (`out`) or stderr; with `follow` until it ends. Returns the
// offset reached.
void ShowLog(Context& context, const std::string& build_id, bool follow, bool to_stderr);

platform::ApplicationStatus StatusOf(Context& context, const std::string& app_id);

}  // namespace ns::cli
