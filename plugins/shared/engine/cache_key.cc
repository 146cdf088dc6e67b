#include "engine/cache_key.h"

#include "engine/secret_print.h"

namespace ns::engine {

std::string CacheKeys::InstanceKey(const sdk::Call& call) {
  const std::lock_guard lock(mutex_);
  try {
    if (auto key = host_.state().Get(call, kPrintKey)) return *key;
    std::string key = FreshKey();
    host_.state().Put(call, kPrintKey, key);
    return key;
  } catch (const sdk::Error& error) {
    call.Check();
    host_.log().Debug("a build finds nothing in the cache", {{"error", error.what()}});
    return FreshKey();
  }
}

std::string CacheKeys::Of(const sdk::Call& call, const sdk::EngineJob& job) {
  std::vector<sdk::EnvVar> parts = {{"", job.app, false}};
  parts.insert(parts.end(), job.plan.secrets.begin(), job.plan.secrets.end());
  std::string print = SecretPrint(InstanceKey(call), parts);
  sdk::detail::WipeEnv(parts);
  return print;
}

}  // namespace ns::engine
