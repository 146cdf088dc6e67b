// ns.build/1 and ns.engine/1 as ports.
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "ns/abi/engine.h"
#include "ns/abi/reasons.h"
#include "ns/sdk/text.h"
#include "plugin/adapters.h"
#include "plugin/build_view.h"
#include "plugin/schema.h"
#include "plugin/text.h"

namespace ns::plugin {
namespace {

void PutPlan(void* ctx, const ns_build_plan* plan) noexcept {
  if (NS_HAS(plan, export_path))
    *static_cast<std::optional<ports::BuildPlan>*>(ctx) = PlanFrom(*plan);
}

class TableBuildMethod final : public ports::BuildMethod {
 public:
  TableBuildMethod(Instance& instance, std::string schema)
      : instance_(instance),
        schema_(std::move(schema)),
        table_(*static_cast<const ns_build*>(instance.interface())) {}

  Result<ports::BuildPlan> Plan(const ports::Call& call,
                                const ports::BuildRequest& request) override {
    if (Status fits = CheckSchema(schema_, request.settings); !fits.ok()) {
      return Status(Code::kInvalid, NS_REASON_SETTINGS_INVALID,
                    "the build settings do not fit: " + fits.message())
          .SetFault(Fault::kSource);
    }
    const RequestView view(request);
    std::optional<ports::BuildPlan> plan;
    NS_TRY(instance_.Run("plan", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.plan(plugin, raw, view.raw(), {&plan, &PutPlan});
    }));
    if (!plan)
      return Status(Code::kInternal, NS_REASON_DEFECT,
                    "build method " + instance_.name() + " succeeded without a plan");
    return *std::move(plan);
  }

 private:
  Instance& instance_;
  const std::string schema_;
  const ns_build& table_;
};

// Chunks may come from any thread of the engine.
struct LogTaker {
  const std::function<void(std::string_view)>& take;
  Mutex mutex;
};
ns_status TakeLog(void* ctx, ns_bytes chunk) noexcept {
  auto& taker = *static_cast<LogTaker*>(ctx);
  const Lock lock(taker.mutex);
  taker.take(sdk::View(chunk));
  return NS_OK;
}

void PutResult(void* ctx, const ns_engine_result* result) noexcept {
  if (NS_HAS(result, size))
    *static_cast<std::optional<model::Image>*>(ctx) = {
        "", CleanText(sdk::View(result->digest), 256), result->size};
}

class TableEngine final : public ports::BuildEngine {
 public:
  explicit TableEngine(Instance& instance)
      : instance_(instance), table_(*static_cast<const ns_engine*>(instance.interface())) {}

  ports::EngineAbilities Abilities() const override {
    const uint64_t bits = table_.abilities(instance_.plugin());
    const auto has = [bits](uint64_t bit) { return (bits & bit) != 0; };
    ports::EngineAbilities can;
    can.dockerfile = has(NS_ENGINE_DOCKERFILE);
    can.secrets = has(NS_ENGINE_SECRETS);
    can.cache = has(NS_ENGINE_CACHE);
    can.exports = has(NS_ENGINE_EXPORT);
    can.heredoc = has(NS_ENGINE_HEREDOC);
    can.buildpack = has(NS_ENGINE_BUILDPACK);
    can.memory_limit = has(NS_ENGINE_MEMORY_LIMIT);
    can.time_limit = has(NS_ENGINE_TIME_LIMIT);
    return can;
  }

  Result<model::Image> Run(const ports::Call& call, const ports::EngineJob& job,
                           const std::function<void(std::string_view)>& log) override {
    const PlanView plan(job.plan);
    ns_engine_job raw_job{};
    raw_job.struct_size = sizeof(raw_job);
    raw_job.attempt = job.attempt;
    raw_job.app = sdk::Str(job.app.str());
    raw_job.build = sdk::Str(job.build.str());
    raw_job.source = sdk::Str(job.source);
    raw_job.reference = sdk::Str(job.reference);
    raw_job.push_username = sdk::Str(job.push_username);
    raw_job.push_password = sdk::Str(job.push_password.Reveal());
    raw_job.plan = plan.raw();
    LogTaker taker{log, {}};
    std::optional<model::Image> image;
    NS_TRY(instance_.Run("run", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.run(plugin, raw, &raw_job, {&taker, &TakeLog}, {&image, &PutResult});
    }));
    if (!image || image->digest.empty())
      return Status(Code::kInternal, NS_REASON_DEFECT,
                    "engine " + instance_.name() + " succeeded without an image");
    image->reference = job.reference;
    return *std::move(image);
  }

  Status Abort(const ports::Call& call, const BuildId& build) override {
    return instance_.Run("abort", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.abort(plugin, raw, sdk::Str(build.str()));
    });
  }

 private:
  Instance& instance_;
  const ns_engine& table_;
};

}  // namespace

std::unique_ptr<ports::BuildMethod> MakeBuildMethod(Instance& instance, std::string schema) {
  return std::make_unique<TableBuildMethod>(instance, std::move(schema));
}

std::unique_ptr<ports::BuildEngine> MakeEngine(Instance& instance) {
  return std::make_unique<TableEngine>(instance);
}

}  // namespace ns::plugin
