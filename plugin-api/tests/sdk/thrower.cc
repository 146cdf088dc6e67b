// Throws what the application's id names. Offers `logs` and not `watch`.
#include <new>
#include <stdexcept>

#include "ns/sdk/backend.h"
#include "ns/sdk/engine.h"
#include "ns/sdk/plugin.h"

namespace {

using namespace ns::sdk;

class Thrower final : public Backend {
 public:
  explicit Thrower(const Setup& setup) {
    if (setup.config == "bad") throw Error{NS_E_INVALID, NS_REASON_CONFIG_INVALID, "bad config"};
  }
  void Activate(const Call& call) override { call.Check(); }
  void Deactivate() override { throw std::runtime_error("may not leave the plugin"); }

  void Apply(const Call&, const App& app, const StatusSink& status) override {
    AppStatus seen;
    seen.message = app.id + " " + std::to_string(static_cast<int>(app.state)) +
                   std::to_string(static_cast<int>(app.strategy));
    for (const Route& route : app.routes)
      seen.message += " " + std::to_string(static_cast<int>(route.auth));
    status.Put(seen);
    if (app.id == "error")
      throw Error{NS_E_EXISTS, NS_REASON_PORT_TAKEN, "taken", Fault::kOperator}
          .SetRetryAfter(std::chrono::seconds(2))
          .SetDetails("d");
    if (app.id == "memory") throw std::bad_alloc();
    if (app.id == "exception") throw std::runtime_error("what");
    if (app.id == "int") throw 1;
  }
  void Remove(const Call&, const std::string&, const Fence&, bool) override {}
  AppStatus Observe(const Call&, const std::string&) override { return {}; }
  void Logs(const Call&, const LogQuery&, const LogSink& lines) override {
    for (int i = 0; i < 1000; ++i) lines.Put({}, false, "x");
  }
};

class Runner final : public Engine {
 public:
  explicit Runner(const Setup&) {}
  EngineAbilities Abilities() noexcept override {
    return {.dockerfile = true, .memory_limit = true};
  }
  EngineResult Run(const Call&, const EngineJob& job, const ByteSink&) override {
    if (!job.artifact) return {job.plan.dockerfile_text, 1};
    job.artifact->Write(job.plan.export_path + job.plan.builder);
    return {"", static_cast<int64_t>(job.plan.export_path.size()), ResultKind::kArtifact};
  }
  void Abort(const Call&, const std::string&) override {}
};

}  // namespace

NS_PLUGINS("org.example.thrower", Thrower, Runner);
