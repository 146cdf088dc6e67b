#include "engine/secret_memory.h"

#include "engine/secret_print.h"

namespace ns::engine {
namespace {

constexpr const char* kUnknown = "unknown";  // no print of secrets

}  // namespace

bool SecretMemory::Changed(const sdk::Call& call, const sdk::EngineJob& job) const {
  try {
    const auto key = host_.state().Get(call, kPrintKey);
    const auto last = host_.state().Get(call, "secrets." + job.app);
    if (!key) return !job.plan.secrets.empty();
    if (SecretPrint(*key, job.plan.secrets) == last.value_or("")) return false;
    // Whatever becomes of this build, its steps are in the cache from now on.
    host_.state().Put(call, "secrets." + job.app, kUnknown);
    return true;
  } catch (const sdk::Error&) {
    call.Check();
    return !job.plan.secrets.empty();
  }
}

void SecretMemory::Remember(const sdk::Call& call, const sdk::EngineJob& job) const {
  try {
    auto key = host_.state().Get(call, kPrintKey);
    if (!key && job.plan.secrets.empty()) return;
    if (!key) host_.state().Put(call, kPrintKey, *(key = FreshKey()));
    host_.state().Put(call, "secrets." + job.app, SecretPrint(*key, job.plan.secrets));
  } catch (const sdk::Error& error) {
    host_.log().Debug("the next build will not use the cache",
                      {{"app", job.app}, {"error", error.what()}});
  }
}

}  // namespace ns::engine
