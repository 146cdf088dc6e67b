// What shall run, and what to tell the backend. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "model/snapshot.h"

namespace ns::plan {

// A release, without id, of what was built, with the run-time settings that the application has
// now.
model::Release NewRelease(const model::Application& app, const BuildId& build,
                          const std::string& commit, const model::Image& image);

struct Retarget {
  model::Target next;                     // generation: of the current target
  std::optional<model::Release> release;  // new one, without id and time
};

// The target that the snapshot asks for, when it is not the one it has. A pinned application runs
// the release it is pinned to, whatever its ref and settings do. Otherwise a release is made when
// the image or a run-time setting changed: the newest succeeded build of the current commit and
// settings is taken, else the one that is released stays.
std::optional<Retarget> DecideTarget(const model::AppSnapshot& snapshot, const Secret& key);

// Whether two releases run the same: one build, one entrypoint, command and set of variables.
bool SameContent(const model::Release& a, const model::Release& b);

// Whether `release` was built from the commit and settings of now. False where its build is too old
// to be in the snapshot.
bool BuiltAsOfNow(const model::AppSnapshot& snapshot, const model::Release& release,
                  const Secret& key);

// True when a pin is what keeps the application from something that its ref and settings ask for:
// another commit, another build, other run-time settings.
bool PinHoldsBack(const model::AppSnapshot& snapshot, const Secret& key);

// Why routes lead to the page: "stopped", "building" or "failing"; empty when a release runs.
std::string PageReason(const model::AppSnapshot& snapshot);

// True when the keys of the target are those of what the snapshot would have deployed. They are not
// between a change by a person and the target that answers it: what is deployed then would stand
// under a name that is not its own, and pass for what it is not once the change is taken back.
bool TargetFits(const model::AppSnapshot& snapshot, const Secret& key);

struct DeployDefaults {
  int64_t epoch = 0;
  std::string page_upstream;
  std::string site_upstream{};  // of static sites
};

// Ok once every host that serves static sites has the release of the target; else why not, with the
// reason that one of them tells, or "SitePending".
Status SiteReady(const model::AppSnapshot& snapshot);

// The current target as the backend wants it. kInvalid: a stored setting does not parse.
Result<model::DesiredApp> MakeDesired(const model::AppSnapshot& snapshot,
                                      const DeployDefaults& defaults);

// True when `observed` shows all that `desired` asks for, whatever the epoch it was asked under.
bool AsDesired(const model::DesiredApp& desired, const model::ObservedApp& observed);
// True when this very target was applied and what it started has ended since.
bool HasEnded(const model::DesiredApp& desired, const model::ObservedApp& observed);
// True when it is as desired and the fence is the same, so that there is nothing to apply.
bool Converged(const model::DesiredApp& desired, const model::ObservedApp& observed);

}  // namespace ns::plan
