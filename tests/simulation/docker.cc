#include "docker.h"

#include <algorithm>

namespace ns::sim {

using namespace std::chrono_literals;
using sdk::Life;

const Container* Docker::Find(const std::string& id) const {
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : &found->second;
}

std::vector<const Container*> Docker::Of(const std::string& app) const {
  std::vector<const Container*> found;
  for (const auto& [id, container] : containers_) {
    if (container.app == app) found.push_back(&container);
  }
  std::sort(found.begin(), found.end(),
            [](const Container* a, const Container* b) { return a->order < b->order; });
  return found;
}

void Docker::Tell(const std::string& app) {
  if (changed) changed(app);
}

Result<std::string> Docker::Create(Container container) {
  if (!registry_.Find(container.digest)) return NotFound("there is no such image");
  container.order = ++made_;
  container.id = "c" + std::to_string(made_);
  const std::string id = container.id;
  Container& made = containers_[id] = std::move(container);
  ++changes_[made.app];
  trace_.Add(scheduler_.now(),
             {"  made", id, "of", made.app, "generation", std::to_string(made.fence.generation)});
  if (created) created(made);
  Start(made);
  made.first_ready_at = made.ready_at;
  return id;
}

void Docker::Start(Container& container) {
  container.life = Life::kRunning;
  container.started_at = scheduler_.now();
  container.ready_at = scheduler_.now() + chance_.Between(50ms, 3s);
  const ImageFacts* image = registry_.Find(container.digest);
  if (image && !git_.Facts(image->commit).starts)
    scheduler_.After(chance_.Between(100ms, 1s), [this, id = container.id] { Die(id, 1); });
  Tell(container.app);
}

void Docker::Stop(const std::string& id, bool now) {
  const auto found = containers_.find(id);
  if (found == containers_.end() || found->second.life != Life::kRunning) return;
  ++changes_[found->second.app];
  trace_.Add(scheduler_.now(), {"  stop", id, "of", found->second.app});
  if (ends) ends(found->second);
  if (now)
    Die(id, 137);
  else
    scheduler_.After(chance_.Between(10ms, 4s), [this, id] { Die(id, 0); });
}

void Docker::Resume(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  ++changes_[found->second.app];
  trace_.Add(scheduler_.now(), {"  resume", id, "of", found->second.app});
  Start(found->second);
}

void Docker::Remove(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  ++changes_[found->second.app];
  trace_.Add(scheduler_.now(), {"  remove", id, "of", found->second.app});
  if (ends && found->second.life == Life::kRunning) ends(found->second);
  const std::string app = found->second.app;
  containers_.erase(found);
  Tell(app);
}

void Docker::Write(const std::string& app, Routes routes) {
  ++changes_[app];
  if (routed) routed(app, routes);
  std::string targets;
  for (const std::string& target : routes.targets) targets += target + " ";
  trace_.Add(scheduler_.now(), {"  routes of", app, "to", targets});
  written_[app] = std::move(routes);
  PutInForce(app);
}

void Docker::RemoveRoutes(const std::string& app) {
  if (written_.erase(app) > 0) ++changes_[app];
  PutInForce(app);
}

// The proxy reads what is written after a while.
void Docker::PutInForce(const std::string& app) {
  scheduler_.After(chance_.Between(20ms, 600ms), [this, app] {
    const auto found = written_.find(app);
    trace_.Add(scheduler_.now(), {"  routes in force of", app});
    if (found == written_.end())
      in_force_.erase(app);
    else
      in_force_[app] = found->second;
  });
}

void Docker::Die(const std::string& id, int exit_code) {
  const auto found = containers_.find(id);
  if (found == containers_.end() || found->second.life != Life::kRunning) return;
  found->second.life = Life::kEnded;
  found->second.exit_code = exit_code;
  trace_.Add(scheduler_.now(), {"  ended", id, "of", found->second.app});
  Tell(found->second.app);
}

void Docker::Take(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  const std::string app = found->second.app;
  containers_.erase(found);
  Tell(app);
}

void Docker::Edit(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  found->second.flaw = "its memory limit was changed";
  Tell(found->second.app);
}

void Docker::SpoilRoutes(const std::string& app) {
  const auto found = written_.find(app);
  if (found == written_.end()) return;
  found->second.intact = false;
  PutInForce(app);
  Tell(app);
}

void DiskRecords::Touch() const {
  // A moment in which the process may die or stand still.
  scheduler_.Sleep(100us);
  moment_();
}

void DiskRecords::Raise(const std::string& app, const sdk::Fence& fence) const {
  sdk::Fence& known = disk_.fences[app];
  if (fence < known) throw Stale(app);
  known = fence;
  Touch();
}

sdk::Fence DiskRecords::Highest(const std::string& app) const {
  const auto found = disk_.fences.find(app);
  return found == disk_.fences.end() ? sdk::Fence{} : found->second;
}

namespace {

class HeldLock final : public sdk::Held {
 public:
  HeldLock(std::set<std::string>& locked, std::string app) : locked_(locked), app_(std::move(app)) {
    locked_.insert(app_);
  }
  ~HeldLock() override { locked_.erase(app_); }

 private:
  std::set<std::string>& locked_;
  const std::string app_;
};

}  // namespace

std::unique_ptr<sdk::Held> DiskRecords::Lock(const sdk::Call& call, const std::string& app,
                                             const sdk::Fence& fence) const {
  while (disk_.locked.contains(app)) {
    call.Wait(std::chrono::milliseconds(20));
    if (Highest(app) > fence) throw Stale(app);
  }
  return std::make_unique<HeldLock>(disk_.locked, app);
}

sdk::AppRecord DiskRecords::Read(const std::string& app) const {
  const auto found = disk_.records.find(app);
  return found == disk_.records.end() ? sdk::AppRecord() : found->second;
}

bool DiskRecords::Has(const std::string& app) const { return disk_.records.contains(app); }

void DiskRecords::Write(const std::string& app, const sdk::AppRecord& record) const {
  Touch();
  disk_.records[app] = record;
  Touch();
}

void DiskRecords::Forget(const std::string& app) const {
  Touch();
  disk_.records.erase(app);
}

}  // namespace ns::sim
