#include "host/mirror_keeper.h"

#include "act/pause.h"
#include "base/log.h"
#include "git/sweep.h"

namespace ns::host {
namespace {

constexpr Duration kPeriod = std::chrono::minutes(10);

}  // namespace

MirrorKeeper::MirrorKeeper(std::string folder, ports::RepositoryStore* repositories, Clock& clock)
    : folder_(std::move(folder)),
      repositories_(repositories),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void MirrorKeeper::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Sweep();
    act::Pause(stop, kPeriod);
  }
}

// While the database does not answer nothing is known to be gone.
void MirrorKeeper::Sweep() {
  git::SweepRules rules;
  if (repositories_ != nullptr) {
    const auto all = repositories_->List();
    if (!all.ok()) return;
    rules.registered.emplace();
    for (const model::Repository& one : *all) rules.registered->push_back(one.id);
  }
  for (const RepositoryId& id : git::SweepMirrors(folder_, rules, clock_.Now()))
    log::Info("removed the mirror of a repository that is not needed", {{"repository", id.str()}});
}

}  // namespace ns::host
