#include "buildpack_engine.h"

#include "buildpack_job.h"

namespace ns::engine_docker {
namespace {

std::string PreviousKey(const std::string& app) { return "previous-image." + app; }

std::string Repository(const std::string& reference) {
  const size_t colon = reference.rfind(':');
  return reference.find('/', colon) == std::string::npos ? reference.substr(0, colon) : reference;
}

// Methods of others may plan anything; the names become parts of requests and variables.
void CheckPlan(const sdk::BuildPlan& plan) {
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@[]";
  for (const std::string& name : {plan.builder, plan.run_image, plan.platform_api}) {
    if (name.find_first_not_of(kAllowed) != std::string::npos)
      throw sdk::Error(NS_E_INVALID, NS_REASON_DEFECT,
                       "The plan names \"" + name + "\", which is no image and no version.",
                       sdk::Fault::kPlatform);
  }
}

sdk::Error EngineLost(const std::string& what) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
          "The Docker daemon does not do its part: " + what + " `ns doctor` tells more.",
          sdk::Fault::kPlatform};
}

}  // namespace

sdk::EngineResult BuildpackEngine::Run(const sdk::Call& call, const sdk::EngineJob& job,
                                       const sdk::ByteSink& log, TimePoint deadline) {
  CheckPlan(job.plan);
  try {
    return Build(call, job, log, deadline);
  } catch (const sdk::Stopped&) {
    throw;
  } catch (const sdk::Error& error) {
    if (!error.reason().empty() && error.reason() != NS_REASON_BACKEND_UNAVAILABLE) throw;
    call.Check();
    throw EngineLost(error.message());
  }
}

sdk::EngineResult BuildpackEngine::Build(const sdk::Call& call, const sdk::EngineJob& job,
                                         const sdk::ByteSink& log, TimePoint deadline) {
  const bool site = !job.plan.export_path.empty();
  sdk::EngineResult result;
  {
    BuildpackJob run(docker_, config_, call, job, log,
                     {BuildpackLabels(host_.installation(), job.build), cache_.Take(call, job.app),
                      site ? "" : Previous(call, job), deadline});
    const std::string digest = run.Run();
    if (site) {
      log.Write("#export " + job.plan.export_path + "\n");
      result = export_.GiveFrom(call, run.BuildContainer(), job, deadline);
      log.Write("#export " + std::to_string(result.size) + " bytes\n");
    } else {
      if (digest.empty()) throw EngineLost("the exporter reported no digest.");
      result.digest = digest;
      log.Write("#push " + job.reference + " " + digest + "\n");
    }
  }
  if (!site) Remember(call, job, result.digest);
  try {
    cache_.Bound(call);
  } catch (const std::exception& error) {
    host_.log().Debug("the caches of buildpacks stay as they are", {{"error", error.what()}});
  }
  return result;
}

void BuildpackEngine::Forget(const sdk::Call& call, const std::string& build) {
  SweepBuildpacks(docker_, call, BuildpackLabels(host_.installation(), build),
                  BuildpackName(build));
}

// Empty also where another registry is used now.
std::string BuildpackEngine::Previous(const sdk::Call& call, const sdk::EngineJob& job) {
  try {
    const std::string last = host_.state().Get(call, PreviousKey(job.app)).value_or("");
    return last.starts_with(Repository(job.reference) + "@") ? last : "";
  } catch (const sdk::Error&) {
    call.Check();
    return "";
  }
}

void BuildpackEngine::Remember(const sdk::Call& call, const sdk::EngineJob& job,
                               const std::string& digest) {
  try {
    host_.state().Put(call, PreviousKey(job.app), Repository(job.reference) + "@" + digest);
  } catch (const sdk::Error& error) {
    host_.log().Debug("the next build will not use layers of this image",
                      {{"app", job.app}, {"error", error.what()}});
  }
}

}  // namespace ns::engine_docker
