#include "store.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "child/child.h"
#include "command_line.h"
#include "engine/disk_watch.h"
#include "sandbox.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;

constexpr auto kLimit = std::chrono::minutes(2);
constexpr const char* kSize = "/bytes";  // file of an application: its size; its time: last used

bool Gone(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return !fs::exists(fs::symlink_status(path, error));
}

bool HasFolders(const std::string& path) {
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory()) return true;
  }
  return false;
}

struct Cached {
  std::string app;
  fs::file_time_type used{};
  int64_t bytes = 0;
};

// The one that was used longest ago comes first. One of unknown size never ended a run.
std::vector<Cached> CachedIn(const Slot& slot) {
  std::vector<Cached> found;
  std::error_code error;
  for (fs::directory_iterator entry(slot.apps(), error), end; !error && entry != end;
       entry.increment(error)) {
    Cached one{entry->path().filename().string()};
    std::error_code none;
    const std::string file = entry->path().string() + kSize;
    one.used = fs::last_write_time(file, none);
    if (none) one.used = fs::file_time_type::min();
    std::ifstream(file) >> one.bytes;
    found.push_back(one);
  }
  std::sort(found.begin(), found.end(),
            [](const Cached& a, const Cached& b) { return a.used < b.used; });
  return found;
}

}  // namespace

bool Store::Run(const sdk::Call& call, const std::string& app,
                const std::vector<std::string>& words) const {
  Circumstances circumstances;
  circumstances.buildah = buildah_;
  circumstances.store = slot_.StoreOf(app);
  circumstances.images = slot_.base();
  circumstances.run = slot_.memory() + "/run";
  circumstances.tmp = slot_.tmp();
  const CommandLine line = Sandboxed(StoreCommand(words, circumstances), StoreSandbox(slot_, app));
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.deadline = std::chrono::steady_clock::now() + kLimit;
  spec.output = [](std::string_view) {};
  spec.tick = [] { return true; };
  const child::ChildResult result = child::RunChild(call, spec);
  return result.ending == child::Ending::kExited && result.exit_code == 0;
}

bool Store::RemoveContainers(const sdk::Call& call, const std::string& app) const {
  const std::string containers = slot_.memory() + "/containers";
  if (!fs::exists(containers)) return false;  // the machine was restarted
  return !HasFolders(containers) || Run(call, app, {"rm", "--all"});
}

bool Store::PutAway(const sdk::Call& call) const {
  bool gone = true;
  for (const std::string& app : slot_.InUse()) {
    slot_.MakeScratch();
    const bool removed = RemoveContainers(call, app);
    gone = Gone(removed ? slot_.LinkOf(app) : slot_.StoreOf(app)) && gone;
  }
  for (const std::string& folder : {slot_.memory(), slot_.tmp(), slot_.root()})
    gone = Gone(folder) && gone;
  return gone;
}

void Store::Bound(const sdk::Call& call, const std::string& app, int64_t bytes) const {
  if (RemoveContainers(call, app)) Run(call, app, {"rmi", "--prune"});
  std::ofstream(slot_.App(app) + kSize)
      << engine::BytesBelow(slot_.StoreOf(app)) + engine::BytesBelow(slot_.MountsOf(app));
  std::vector<Cached> cached = CachedIn(slot_);
  const int64_t base = engine::BytesBelow(slot_.base());
  int64_t total = base;
  for (const Cached& one : cached) total += one.bytes;
  // Layers of applications stand upon base images: those go with them or not at all.
  const bool all = base > bytes / 2;
  for (const Cached& one : cached) {
    if (!all && total <= bytes) return;
    Gone(slot_.App(one.app));
    total -= one.bytes;
  }
  if (all) Gone(slot_.base());
}

}  // namespace ns::engine_buildah
