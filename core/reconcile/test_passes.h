// What tests of passes ask of their steps, and whom they look at.
#pragma once

#include <gtest/gtest.h>

#include "plan/deploy.h"
#include "plan/test_snapshots.h"
#include "reconcile/loops.h"

namespace ns::reconcile::testing {

// The effect that the step must be.
template <class E>
E Expect(const Step& step) {
  const auto* effect = std::get_if<Effect>(&step);
  if (effect == nullptr || !std::holds_alternative<E>(*effect)) {
    ADD_FAILURE() << "another step than expected";
    return E{};
  }
  return std::get<E>(*effect);
}

inline Finished ExpectEnd(const Step& step) {
  const auto* end = std::get_if<Finished>(&step);
  if (end == nullptr) ADD_FAILURE() << "the pass goes on";
  return end == nullptr ? Finished{} : *end;
}

inline Outcome Ok() { return Outcome(Answer()); }

// One application whose newest build is its target.
inline model::AppSnapshot WithTarget() {
  model::AppSnapshot snapshot = plan::testing::FreshApp();
  snapshot.builds = {
      plan::testing::BuildOf(snapshot, 1, plan::testing::kCommitA, model::BuildStatus::kSucceeded)};
  auto retarget = plan::DecideTarget(snapshot, plan::testing::kKey);
  snapshot.app.target = retarget->next;
  snapshot.app.target.generation = 1;
  snapshot.release = retarget->release;
  snapshot.release->id = snapshot.app.target.release = plan::testing::IdOf<ReleaseId>(1);
  return snapshot;
}

// The same of a static site, which `ready` of `hosts` hosts have on disk.
inline model::AppSnapshot WithSite(int hosts, int ready) {
  model::AppSnapshot snapshot = plan::testing::FreshApp();
  snapshot.app.deploy_type = model::DeployType::kStatic;
  snapshot.builds = {
      plan::testing::BuildOf(snapshot, 1, plan::testing::kCommitA, model::BuildStatus::kSucceeded)};
  model::Build& build = snapshot.builds[0];
  build.image = model::ArtifactOf(snapshot.app.id, build.id, 1, std::string(64, 'a'), 9);
  auto retarget = plan::DecideTarget(snapshot, plan::testing::kKey);
  snapshot.app.target = retarget->next;
  snapshot.app.target.generation = 1;
  snapshot.release = retarget->release;
  snapshot.release->id = snapshot.app.target.release = plan::testing::IdOf<ReleaseId>(1);
  snapshot.site = model::SiteSpread{hosts, ready};
  return snapshot;
}

// What a backend shows that has all of it.
inline model::ObservedApp Matching(const model::DesiredApp& desired) {
  model::ObservedApp observed;
  observed.id = desired.id;
  observed.converged = true;
  observed.fence = desired.fence;
  observed.state = desired.state;
  observed.route_key = desired.route_key;
  observed.serving_run_key = desired.run_key;
  return observed;
}

}  // namespace ns::reconcile::testing
