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
