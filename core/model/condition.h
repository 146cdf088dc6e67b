// Why things are as they are, as data.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/id.h"

namespace ns::model {

enum class Subject { kApplication, kRepository, kBuild, kInstallation };

// Id of the one subject of its kind.
inline constexpr char kInstallationId[] = "installation";

// One statement about one thing. `type` is unique per subject ("Source", "Build", "Deploy",
// "Routes").
struct Condition {
  std::string type;
  bool ok = false;
  std::string reason;   // stable CamelCase code, listed in docs/conditions.md
  std::string message;  // one sentence for a person
  Time since = kNever;  // when `ok` and `reason` last changed
  Time last_looked = kNever;
  Time next_look = kNever;  // kNever: at the next event or resync
  Duration next_in{};  // of a write: added to the database's clock gives `next_look`; zero: kNever
  friend bool operator==(const Condition&, const Condition&) = default;
};

// One line of the append-only event table. Feeds audit, timeline and watch.
struct Event {
  int64_t cursor = 0;  // grows; set by the store
  Time at = kNever;    // set by the store
  Subject subject = Subject::kApplication;
  std::string subject_id;
  AppId app;          // that it is about; empty where it is about none; set by the store
  std::string actor;  // user id, or "platform"
  std::string kind;   // "build.queued", "deploy.phase", "app.updated", ...
  std::string reason;
  std::string message;
  std::string data = "{}";  // JSON object
  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace ns::model
