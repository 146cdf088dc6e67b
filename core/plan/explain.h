// From what is wanted to what is seen, step by step: the answer to "why". Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "model/snapshot.h"

namespace ns::plan {

// One step: what it asks for and what is.
struct WhyLink {
  std::string name;  // "desired", "repository", "ref", "build", "release", "target", "host",
                     // "told", "observed", "routes", in this order
  std::string wanted, is;
  bool ok = false;
  std::string reason;   // stable code, as of conditions
  std::string message;  // one sentence
  Time since = kNever;  // kNever: not known
  bool cause = false;   // the first that is not ok: the others follow from it
  friend bool operator==(const WhyLink&, const WhyLink&) = default;
};

// What stands around an application. Each may be absent: then nothing is said of it.
struct Surroundings {
  std::optional<model::Condition> fetch;  // "Fetch" of its repository
  std::optional<model::QueueSnapshot> queue;
  std::optional<model::Attendance> attendance;
};

// The whole chain, also behind a link that is not ok. `key`: of build, run and route keys.
std::vector<WhyLink> Explain(const model::AppSnapshot& snapshot, const Surroundings& around,
                             const Secret& key);

}  // namespace ns::plan
