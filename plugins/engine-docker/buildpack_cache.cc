#include "buildpack_cache.h"

#include <algorithm>
#include <charconv>

#include "digest/digest.h"

namespace ns::engine_docker {
namespace {

constexpr const char* kInstallation = "neoshowcase.buildpack-cache.installation";
constexpr const char* kApp = "neoshowcase.buildpack-cache.app";
constexpr const char* kUses = "buildpack-caches";
constexpr int64_t kUnused = 30 * 24 * 3600;  // seconds

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t UseOf(const CacheUses& uses, const std::string& volume) {
  const auto found = uses.find(volume);
  return found == uses.end() ? 0 : found->second;
}

}  // namespace

// Lines "volume seconds".
CacheUses ParseUses(std::string_view text) {
  CacheUses uses;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    int64_t seconds = 0;
    std::from_chars(line.data() + space + 1, line.data() + line.size(), seconds);
    uses[std::string(line.substr(0, space))] = seconds;
  }
  return uses;
}

std::string RenderUses(const CacheUses& uses) {
  std::string text;
  for (const auto& [volume, seconds] : uses) text += volume + " " + std::to_string(seconds) + "\n";
  return text;
}

std::vector<std::string> CachesToDrop(const std::vector<VolumeFacts>& volumes,
                                      const CacheUses& uses, int64_t now, int64_t bytes) {
  std::vector<VolumeFacts> newest_first = volumes;
  std::ranges::sort(newest_first, [&](const VolumeFacts& a, const VolumeFacts& b) {
    return std::pair(UseOf(uses, a.name), a.name) > std::pair(UseOf(uses, b.name), b.name);
  });
  std::vector<std::string> drop;
  int64_t kept = 0;
  for (const VolumeFacts& one : newest_first) {
    const int64_t used = UseOf(uses, one.name);
    if ((used > 0 && now - used > kUnused) || kept + one.size > bytes)
      drop.push_back(one.name);
    else
      kept += one.size;
  }
  return drop;
}

std::string BuildpackCache::Take(const sdk::Call& call, const std::string& app) {
  if (bytes_ == 0) return "";
  const std::string volume =
      "nscache-" + app + "-" + digest::Sha256Hex(host_.installation()).substr(0, 12);
  docker_.CreateVolume(call, volume, {{kInstallation, host_.installation()}, {kApp, app}});
  const std::lock_guard lock(mutex_);
  CacheUses uses = Uses(call);
  uses[volume] = Now();
  Remember(call, uses);
  return volume;
}

void BuildpackCache::Bound(const sdk::Call& call) {
  if (bytes_ == 0) return;
  const std::lock_guard lock(mutex_);
  if (std::chrono::steady_clock::now() < next_) return;
  next_ = std::chrono::steady_clock::now() + std::chrono::hours(1);
  std::vector<VolumeFacts> volumes = docker_.VolumeSizes(call);
  std::erase_if(volumes, [&](const VolumeFacts& one) {
    const auto label = one.labels.find(kInstallation);
    return label == one.labels.end() || label->second != host_.installation();
  });
  CacheUses uses = Uses(call);
  for (const std::string& volume : CachesToDrop(volumes, uses, Now(), bytes_)) {
    docker_.RemoveVolume(call, volume);
    uses.erase(volume);
  }
  std::erase_if(uses, [&](const auto& use) {
    return std::ranges::none_of(volumes,
                                [&](const VolumeFacts& one) { return one.name == use.first; });
  });
  Remember(call, uses);
}

// Where nothing can be remembered, all of them count as unused when room is needed.
CacheUses BuildpackCache::Uses(const sdk::Call& call) {
  try {
    return ParseUses(host_.state().Get(call, kUses).value_or(""));
  } catch (const sdk::Error&) {
    call.Check();
    return {};
  }
}

void BuildpackCache::Remember(const sdk::Call& call, const CacheUses& uses) {
  try {
    host_.state().Put(call, kUses, RenderUses(uses));
  } catch (const sdk::Error& error) {
    host_.log().Debug("when caches of buildpacks were used is not remembered",
                      {{"error", error.what()}});
  }
}

}  // namespace ns::engine_docker
