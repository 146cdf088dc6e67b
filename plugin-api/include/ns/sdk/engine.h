// Derive from Engine to write what runs a build plan. The clauses ENGINE-01 to -06 of
// ns/abi/engine.h are yours to keep.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ns/abi/engine.h"
#include "ns/sdk/build.h"
#include "ns/sdk/bytes.h"

namespace ns::sdk {

struct EngineAbilities {
  bool dockerfile = false, secrets = false, cache = false, exports = false, heredoc = false,
       buildpack = false;
  bool memory_limit = false, time_limit = false;  // hold really
};

struct EngineJob {
  std::string app, build;
  int attempt = 1;
  std::string source;     // absolute path
  std::string reference;  // image to push: "host:port/prefix/<app>:<build>-<attempt>"
  std::string push_username, push_password;
  BuildPlan plan;
  std::optional<ByteSink> artifact{};  // takes the folder that the plan wants; none: it takes none
};

enum class ResultKind : int32_t { kImage = NS_RESULT_IMAGE, kArtifact = NS_RESULT_ARTIFACT };

struct EngineResult {
  std::string digest;  // of an image: "sha256:..." as the registry knows it
  int64_t size = 0;    // bytes of the image, 0 when unknown, or of what the sink was given
  ResultKind kind = ResultKind::kImage;
};

class Engine : public Instance {
 public:
  static constexpr const char* kKind = NS_ENGINE;

  // Must not throw. [any-thread]
  virtual EngineAbilities Abilities() noexcept = 0;
  // Builds, and pushes or, where the plan has an export_path, exports. `log` takes bytes on any
  // thread until Run returns, one call at a time; what takes the export does so on the thread of
  // Run, and waits while its receiver is busy. Say whose fault a failure is. [worker, key: build
  // id]
  virtual EngineResult Run(const Call& call, const EngineJob& job, const ByteSink& log) = 0;
  // Removes what a dead run of that build has left. [worker, key: build id]
  virtual void Abort(const Call& call, const std::string& build) = 0;

  template <class T>
  static const void* Table();

 private:
  void RunRaw(const Call& call, const ns_engine_job* raw, ns_sink log, ns_result_sink out);
  void AbortRaw(const Call& call, ns_str build) { Abort(call, Text(build)); }
  static uint64_t AbilitiesRaw(ns_plugin* plugin) noexcept;
};

namespace detail {

inline EngineJob JobFrom(const ns_engine_job* raw) {
  const ns_engine_job& from = Given(raw, NS_HAS(raw, plan));
  EngineJob job{Text(from.app),           Text(from.build),     from.attempt,
                Text(from.source),        Text(from.reference), Text(from.push_username),
                Text(from.push_password), PlanFrom(from.plan)};
  if (NS_HAS(raw, artifact) && raw->artifact.write) job.artifact.emplace(raw->artifact);
  return job;
}

inline void WipeJob(EngineJob& job) {
  WipeText(job.push_password);
  WipeEnv(job.plan.secrets);
}

}  // namespace detail

inline void Engine::RunRaw(const Call& call, const ns_engine_job* raw, ns_sink log,
                           ns_result_sink out) {
  EngineJob job = detail::JobFrom(raw);
  const detail::WipedOnExit wiped(job, &detail::WipeJob);
  const EngineResult result = Run(call, job, ByteSink(log));
  const ns_engine_result raw_result{
      sizeof(ns_engine_result),          0, Str(result.digest), result.size,
      static_cast<int32_t>(result.kind), 0};
  out.put(out.ctx, &raw_result);
}

inline uint64_t Engine::AbilitiesRaw(ns_plugin* plugin) noexcept {
  const EngineAbilities can = static_cast<Engine&>(*detail::BoxOf(plugin)->instance).Abilities();
  const std::pair<bool, int> bits[] = {{can.dockerfile, NS_ENGINE_DOCKERFILE},
                                       {can.secrets, NS_ENGINE_SECRETS},
                                       {can.cache, NS_ENGINE_CACHE},
                                       {can.exports, NS_ENGINE_EXPORT},
                                       {can.heredoc, NS_ENGINE_HEREDOC},
                                       {can.buildpack, NS_ENGINE_BUILDPACK},
                                       {can.memory_limit, NS_ENGINE_MEMORY_LIMIT},
                                       {can.time_limit, NS_ENGINE_TIME_LIMIT}};
  uint64_t abilities = 0;
  for (const auto& [has, bit] : bits) abilities |= has ? static_cast<uint64_t>(bit) : 0;
  return abilities;
}

template <class T>
const void* Engine::Table() {
  static constexpr ns_engine kTable = {sizeof(ns_engine), 0, &Engine::AbilitiesRaw,
                                       &detail::Thunk<&Engine::RunRaw>::Run,
                                       &detail::Thunk<&Engine::AbortRaw>::Run};
  return &kTable;
}

}  // namespace ns::sdk
