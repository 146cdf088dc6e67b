// ns.build/1 and ns.engine/1 as ports.
#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "json/check.h"
#include "ns/abi/engine.h"
#include "ns/abi/reasons.h"
#include "ns/sdk/text.h"
#include "plugin/adapters.h"
#include "plugin/build_view.h"
#include "plugin/text.h"

namespace ns::plugin {
namespace {

constexpr size_t kLongestPath = 1024;  // bytes

void PutPlan(void* ctx, const ns_build_plan* plan) noexcept {
  if (NS_HAS(plan, export_path))
    *static_cast<std::optional<ports::BuildPlan>*>(ctx) = PlanFrom(plan);
}

struct Listed {
  const ports::SourceListing& source;
  std::set<std::string_view> paths;
};
ns_status GiveHead(void* ctx, ns_str path, ns_sink out) noexcept {
  const auto& listed = *static_cast<const Listed*>(ctx);
  if (!listed.paths.contains(sdk::View(path))) return NS_E_NOT_FOUND;
  const std::string head = listed.source.head(sdk::Text(path));
  return out.write(out.ctx, sdk::Bytes(std::string_view(head).substr(0, ports::kSourceHead)));
}

int PortOr0(int32_t port) { return port > 0 && port <= 65535 ? port : 0; }

void PutSuggestion(void* ctx, const ns_suggestion* suggestion) noexcept {
  if (!NS_HAS(suggestion, why)) return;
  const std::string settings = sdk::Text(suggestion->settings);
  static_cast<std::vector<ports::Suggestion>*>(ctx)->push_back(
      {std::clamp(suggestion->fit, 0, 100), settings.empty() ? "{}" : settings,
       CleanText(sdk::View(suggestion->artifact_path), kLongestPath),
       CleanText(sdk::View(suggestion->command)), CleanText(sdk::View(suggestion->why)),
       NS_HAS(suggestion, port) ? PortOr0(suggestion->port) : 0});
}

class TableBuildMethod final : public ports::BuildMethod {
 public:
  TableBuildMethod(Instance& instance, std::string schema)
      : instance_(instance),
        schema_(std::move(schema)),
        table_(*static_cast<const ns_build*>(instance.interface())) {}

  Result<ports::BuildPlan> Plan(const ports::Call& call,
                                const ports::BuildRequest& request) override {
    if (Status fits = json::CheckSchema(schema_, request.settings); !fits.ok()) {
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

  Result<std::vector<ports::Suggestion>> Detect(const ports::Call& call,
                                                const ports::SourceListing& source) override {
    if (!NS_HAS(&table_, detect) || !table_.detect)
      return Status(Code::kUnsupported, NS_REASON_UNSUPPORTED,
                    "build method " + instance_.name() + " cannot say what it would build");
    const ListingView view(source);
    Listed listed{source, {}};
    for (const ports::SourceFile& file : source.files) listed.paths.insert(file.path);
    std::vector<ports::Suggestion> suggestions;
    NS_TRY(instance_.Run("detect", call, [&](ns_plugin* plugin, const ns_call* raw) {
      const ns_source_listing listing = view.With(&listed, &GiveHead);
      return table_.detect(plugin, raw, &listing, {&suggestions, &PutSuggestion});
    }));
    NS_TRY(CheckSuggestions(suggestions));
    return suggestions;
  }

 private:
  // A suggestion that Plan would refuse is no suggestion.
  Status CheckSuggestions(const std::vector<ports::Suggestion>& suggestions) const {
    if (suggestions.empty())
      return {Code::kInternal, NS_REASON_DEFECT,
              "build method " + instance_.name() + " was asked and said nothing"};
    for (const ports::Suggestion& one : suggestions) {
      const Status fits = json::CheckSchema(schema_, one.settings);
      if (one.fit > 0 && !fits.ok())
        return {Code::kInternal, NS_REASON_DEFECT,
                "build method " + instance_.name() +
                    " suggests settings that do not fit: " + fits.message()};
      if (one.why.empty())
        return {Code::kInternal, NS_REASON_DEFECT,
                "build method " + instance_.name() + " does not say why"};
    }
    return {};
  }

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

// What the receiver of an export says ends the run, whatever the engine makes of it.
struct ArtifactTaker {
  const ports::ArtifactSink& take;
  Status refused{};
  int64_t bytes = 0;
};
ns_status TakeArtifact(void* ctx, ns_bytes chunk) noexcept {
  auto& taker = *static_cast<ArtifactTaker*>(ctx);
  if (taker.refused.ok()) taker.refused = taker.take(sdk::View(chunk));
  taker.bytes += static_cast<int64_t>(chunk.size);
  return static_cast<ns_status>(taker.refused.code());
}

// Of an engine that knows no kinds: an image.
struct EngineAnswer {
  int32_t kind = NS_RESULT_IMAGE;
  std::string digest;
  int64_t size = 0;
};
void PutResult(void* ctx, const ns_engine_result* result) noexcept {
  if (!NS_HAS(result, size)) return;
  *static_cast<std::optional<EngineAnswer>*>(ctx) = {
      NS_HAS(result, kind) ? result->kind : NS_RESULT_IMAGE,
      CleanText(sdk::View(result->digest), 256), result->size};
}

ns_engine_job RawJob(const ports::EngineJob& job, const PlanView& plan) {
  ns_engine_job raw{};
  raw.struct_size = sizeof(raw);
  raw.attempt = job.attempt;
  raw.app = sdk::Str(job.app.str());
  raw.build = sdk::Str(job.build.str());
  raw.source = sdk::Str(job.source);
  raw.reference = sdk::Str(job.reference);
  raw.push_username = sdk::Str(job.push_username);
  raw.push_password = sdk::Str(job.push_password.Reveal());
  raw.plan = plan.raw();
  return raw;
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

  Result<ports::EngineOutput> Run(const ports::Call& call, const ports::EngineJob& job,
                                  const std::function<void(std::string_view)>& log) override {
    const bool exports = !job.plan.export_path.empty();
    if (!job.plan.builder.empty()) NS_TRY(CanRunBuildpacks(job));
    if (exports) NS_TRY(CanExport(job));
    const PlanView plan(job.plan);
    ns_engine_job raw_job = RawJob(job, plan);
    LogTaker taker{log, {}};
    ArtifactTaker artifact{job.artifact};
    if (exports) raw_job.artifact = {&artifact, &TakeArtifact};
    std::optional<EngineAnswer> answer;
    const Status ran = instance_.Run("run", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.run(plugin, raw, &raw_job, {&taker, &TakeLog}, {&answer, &PutResult});
    });
    NS_TRY(artifact.refused);
    NS_TRY(ran);
    return exports ? Exported(answer, artifact.bytes) : Pushed(answer, job.reference);
  }

  Status Abort(const ports::Call& call, const BuildId& build) override {
    return instance_.Run("abort", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.abort(plugin, raw, sdk::Str(build.str()));
    });
  }

 private:
  Status CanExport(const ports::EngineJob& job) const {
    if (!Abilities().exports)
      return Status(Code::kUnsupported, NS_REASON_UNSUPPORTED,
                    "engine " + instance_.name() + " cannot export a folder, and the plan wants " +
                        job.plan.export_path + "; name another engine under `engines`")
          .SetFault(Fault::kOperator);
    if (!job.artifact)
      return {Code::kInvalid, "the plan wants " + job.plan.export_path + " and nothing takes it"};
    return {};
  }

  Status CanRunBuildpacks(const ports::EngineJob& job) const {
    if (Abilities().buildpack) return {};
    return Status(Code::kUnsupported, NS_REASON_UNSUPPORTED,
                  "engine " + instance_.name() + " cannot run buildpacks, and the plan names the " +
                      "builder " + job.plan.builder + "; name another engine under `engines`")
        .SetFault(Fault::kOperator);
  }

  Status Defect(const std::string& what) const {
    return {Code::kInternal, NS_REASON_DEFECT, "engine " + instance_.name() + " succeeded " + what};
  }

  Result<ports::EngineOutput> Exported(const std::optional<EngineAnswer>& answer,
                                       int64_t bytes) const {
    if (!answer || answer->kind != NS_RESULT_ARTIFACT || bytes == 0)
      return Defect("without the folder that was asked for");
    return ports::EngineOutput{ports::OutputKind::kArtifact, {}, bytes};
  }

  Result<ports::EngineOutput> Pushed(const std::optional<EngineAnswer>& answer,
                                     const std::string& reference) const {
    if (!answer || answer->kind != NS_RESULT_IMAGE || answer->digest.empty())
      return Defect("without an image");
    return ports::EngineOutput{
        ports::OutputKind::kImage, {reference, answer->digest, answer->size}, 0};
  }

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
