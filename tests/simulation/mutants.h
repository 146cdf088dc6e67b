// The planted bugs (core/base/mutant.h), and what notices each.
#pragma once

#include <array>
#include <string_view>

namespace ns::sim {

struct Mutant {
  std::string_view name, operation;
};

inline constexpr std::array kMutants = {
    Mutant{"synchronizer.removal-fence", "off by one: a removal has the fence of the last deploy"},
    Mutant{"synchronizer.target-fits", "guard dropped: deploys what the target does not name"},
    Mutant{"synchronizer.history", "guard dropped: a restored database is not noticed"},
    Mutant{"synchronizer.always-apply", "guard dropped: applies what is so already"},
    Mutant{"engine.no-resync", "resync dropped"},
    Mutant{"engine.settled-though-dirty", "guard dropped: a wake during a pass is forgotten"},
    Mutant{"engine.settled-for-good", "guard dropped: a settled key is never looked at again"},
    Mutant{"claims.lost-is-ignored", "guard dropped: a lost claim does not stop its build"},
    Mutant{"attempt.settle-once", "retry dropped: a result is sent once"},
    Mutant{"cleaner.live-builds", "guard dropped: purges beside a live build"},
    Mutant{"cleaner.images-stay", "write dropped: images of a tombstone stay"},
    Mutant{"releaser.any-build", "guard dropped: releases builds of other sources"},
    Mutant{"keys.run-without-env", "field dropped from a key"},
    Mutant{"keys.route-without-addresses", "field dropped from a key"},
    Mutant{"fetcher.first-commit-only", "update dropped: a ref moves once"},
    Mutant{"starter.no-slots", "guard dropped: builders have room without end"},
    Mutant{"starter.same-app", "guard dropped: two builds of one application at once"},
    Mutant{"crash-detector.never", "loop dropped: leases never expire"},
    Mutant{"builds.no-attempt-limit", "guard dropped: attempts without end"},
    Mutant{"desk.env-of-all-scopes", "guard dropped: builds see variables of run scope"},
    Mutant{"perform.lease", "fence dropped: a host acts after its lease"},
    Mutant{"rollout.superseded", "fence dropped: a rollout goes on under a newer one"},
    Mutant{"rollout.no-confirm", "step dropped: a switch is not confirmed"},
    Mutant{"rollout.unknown-routes", "guard dropped: stops what unknown routes may lead to"},
    Mutant{"rollout.clear-first", "steps swapped: the old one goes before the new one is ready"},
    Mutant{"backend.no-lock", "lock dropped: two rollouts of one application at once"},
    Mutant{"backend.no-fence", "compare-and-set dropped: older fences are accepted"},
};

}  // namespace ns::sim
