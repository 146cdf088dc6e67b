#include "api/timeline.h"

#include <algorithm>

namespace ns::api {
namespace {

using model::Build;
using model::PhaseMark;

constexpr char kDone[] = "done";

// Newer than what is released and not superseded: under way, or failed.
const Build* Attempt(const model::AppSnapshot& snapshot) {
  for (const Build& build : snapshot.builds) {  // newest first
    if (snapshot.release && build.queued_at <= snapshot.release->created_at) return nullptr;
    if (build.status != model::BuildStatus::kSkipped &&
        build.status != model::BuildStatus::kSucceeded)
      return &build;
  }
  return nullptr;
}

// Marks of a build: queue, then what its events say.
void AddBuild(const Build& build, const std::vector<model::Event>& events,
              std::vector<PhaseMark>& marks) {
  marks.push_back({"queue", build.queued_at});
  if (build.started_at == kNever) return;
  bool named = false;
  for (const model::Event& event : events) {
    if (event.kind != "build.phase" || event.at < build.started_at || event.reason == "pushed")
      continue;
    marks.push_back({event.reason, named ? event.at : build.started_at});
    named = true;
  }
  if (!named) marks.push_back({"build", build.started_at});
}

// Steps between marks; one that begins before the one before it (another machine's clock) has no
// length.
std::vector<Step> StepsOf(const std::vector<PhaseMark>& marks, Time now) {
  std::vector<Step> steps;
  for (const PhaseMark& mark : marks) {
    if (!steps.empty()) {
      steps.back().end = std::max(mark.at, steps.back().begin);
      steps.back().finished = true;
    }
    if (mark.phase != kDone) steps.push_back({mark.phase, mark.at, std::max(now, mark.at), false});
  }
  return steps;
}

Timeline Finish(Timeline timeline, const std::vector<PhaseMark>& marks, Time now) {
  timeline.steps = StepsOf(marks, now);
  timeline.finished = !timeline.steps.empty() && timeline.steps.back().finished;
  return timeline;
}

std::optional<Timeline> OfAttempt(const Build& build, const std::vector<model::Event>& events,
                                  Time now) {
  std::vector<PhaseMark> marks;
  AddBuild(build, events, marks);
  if (model::IsTerminal(build.status)) marks.push_back({kDone, build.finished_at});
  Timeline timeline;
  timeline.build = build.id;
  timeline.commit = build.commit;
  return Finish(std::move(timeline), marks, now);
}

// The marks of the backend for the current target; `waits` until there are any.
void AddDeploy(const model::AppSnapshot& snapshot, Time since, std::vector<PhaseMark>& marks) {
  const auto& observed = snapshot.observed;
  const bool current = observed && observed->fence.generation == snapshot.app.target.generation;
  if (since != kNever) marks.push_back({"release", since});
  if (!current) return;
  marks.insert(marks.end(), observed->phases.begin(), observed->phases.end());
}

}  // namespace

const Build* BuildOfDeploy(const model::AppSnapshot& snapshot,
                           const std::vector<model::Release>& releases) {
  if (const Build* attempt = Attempt(snapshot)) return attempt;
  if (!snapshot.release || snapshot.release->generation != snapshot.app.target.generation)
    return nullptr;
  const auto earlier =
      std::any_of(releases.begin(), releases.end(), [&](const model::Release& one) {
        return one.build == snapshot.release->build &&
               one.generation < snapshot.release->generation;
      });
  if (earlier) return nullptr;
  const auto made_of =
      std::find_if(snapshot.builds.begin(), snapshot.builds.end(),
                   [&](const Build& one) { return one.id == snapshot.release->build; });
  return made_of == snapshot.builds.end() ? nullptr : &*made_of;
}

std::optional<Timeline> LastDeploy(const model::AppSnapshot& snapshot, const Build* build,
                                   const std::vector<model::Event>& build_events) {
  if (build != nullptr && build->status != model::BuildStatus::kSucceeded)
    return OfAttempt(*build, build_events, snapshot.now);
  std::vector<PhaseMark> marks;
  if (build != nullptr) AddBuild(*build, build_events, marks);
  AddDeploy(snapshot, build != nullptr ? build->finished_at : kNever, marks);
  // A backend may tell of no step, or only that it is done.
  if (marks.empty() || marks.front().phase == kDone) return std::nullopt;
  Timeline timeline;
  timeline.generation = snapshot.app.target.generation;
  if (snapshot.release) {
    timeline.release = snapshot.release->id;
    timeline.commit = snapshot.release->commit;
  }
  if (build != nullptr) timeline.build = build->id;
  return Finish(std::move(timeline), marks, snapshot.now);
}

}  // namespace ns::api
