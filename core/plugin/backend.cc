// ns.backend/1 as ports::Backend.
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ns/abi/backend.h"
#include "ns/abi/reasons.h"
#include "ns/sdk/text.h"
#include "plugin/adapters.h"
#include "plugin/app_view.h"
#include "plugin/text.h"
#include "ports/newest_lines.h"

namespace ns::plugin {
namespace {

constexpr size_t kLongestName = 200;
constexpr size_t kMostReplicas = 100'000;

Status CannotDo(const Instance& instance, const std::string& what) {
  return {Code::kUnsupported, NS_REASON_UNSUPPORTED,
          "backend " + instance.name() + " does not offer " + what};
}

// Where a status sink puts what it gets.
struct Seen {
  const AppId& app;
  Clock& clock;
  std::optional<model::ObservedApp> observed;
};
void PutSeen(void* ctx, const ns_app_status* status) noexcept {
  auto& seen = *static_cast<Seen*>(ctx);
  if (NS_HAS(status, phase_count))
    seen.observed = ObservedFrom(seen.app, *status, seen.clock.Now());
}

// Those that were asked for and were told of, each once.
struct Surveyed {
  std::set<AppId> asked;
  Clock& clock;
  std::vector<model::ObservedApp> apps{};
};
ns_status PutSurveyed(void* ctx, ns_str app, const ns_app_status* status) noexcept {
  auto& got = *static_cast<Surveyed*>(ctx);
  if (!NS_HAS(status, phase_count)) return NS_E_INVALID;
  const AppId id(std::string(sdk::View(app)));
  if (got.asked.erase(id) > 0) got.apps.push_back(ObservedFrom(id, *status, got.clock.Now()));
  return NS_OK;
}

ns_status TellChanged(void* ctx, ns_str app) noexcept {
  (*static_cast<const std::function<void(const AppId&)>*>(ctx))(
      AppId(CleanText(sdk::View(app), 100)));
  return NS_OK;
}

struct Lines {
  int left;  // that it may give
  ports::NewestLines newest;
};
ns_status PutLine(void* ctx, const ns_log_line* line) noexcept {
  auto& got = *static_cast<Lines*>(ctx);
  if (got.left <= 0) return NS_E_EXHAUSTED;
  if (!NS_HAS(line, text)) return NS_E_INVALID;
  --got.left;
  got.newest.Put({Time(std::chrono::microseconds(line->at_us)),
                  line->is_stderr ? "stderr" : "stdout",
                  CleanText(sdk::View(line->text), ports::kLongestLine)});
  return NS_OK;
}

struct Counted {
  Clock& clock;
  std::vector<model::ReplicaUsage> replicas{};
};
ns_status PutUsage(void* ctx, const ns_usage* usage) noexcept {
  auto& got = *static_cast<Counted*>(ctx);
  if (!NS_HAS(usage, sent_bytes)) return NS_E_INVALID;
  if (got.replicas.size() >= kMostReplicas) return NS_E_EXHAUSTED;
  got.replicas.push_back({AppId(CleanText(sdk::View(usage->app), kLongestName)),
                          CleanText(sdk::View(usage->replica), kLongestName), got.clock.Monotonic(),
                          usage->cpu_ns, usage->memory_bytes, usage->received_bytes,
                          usage->sent_bytes});
  return NS_OK;
}

class TableBackend final : public ports::Backend {
 public:
  TableBackend(Instance& instance, Clock& clock)
      : instance_(instance),
        clock_(clock),
        table_(*static_cast<const ns_backend*>(instance.interface())) {}

  Status Apply(const ports::Call& call, const model::DesiredApp& app) override {
    const AppView view(app);
    Seen seen{app.id, clock_, std::nullopt};
    return instance_.Run("apply", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.apply(plugin, raw, view.raw(), {&seen, &PutSeen});
    });
  }

  Status Remove(const ports::Call& call, const AppId& app, const model::Fence& fence) override {
    const ns_fence raw_fence{fence.epoch, fence.generation};
    return instance_.Run("remove", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.remove(plugin, raw, sdk::Str(app.str()), &raw_fence, NS_REMOVE_DATA);
    });
  }

  Result<model::ObservedApp> Observe(const ports::Call& call, const AppId& app) override {
    Seen seen{app, clock_, std::nullopt};
    NS_TRY(instance_.Run("observe", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.observe(plugin, raw, sdk::Str(app.str()), {&seen, &PutSeen});
    }));
    if (!seen.observed)
      return Status(Code::kInternal, NS_REASON_DEFECT,
                    "backend " + instance_.name() + " looked and told nothing");
    return *std::move(seen.observed);
  }

  Result<std::vector<model::ObservedApp>> Survey(const ports::Call& call,
                                                 const std::vector<AppId>& apps) override {
    if (!NS_HAS(&table_, survey) || !table_.survey)
      return CannotDo(instance_, "looking at many applications at once");
    std::vector<ns_str> ids;
    for (const AppId& app : apps) ids.push_back(sdk::Str(app.str()));
    Surveyed got{{apps.begin(), apps.end()}, clock_};
    NS_TRY(instance_.Run("survey", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.survey(plugin, raw, ids.data(), ids.size(), {&got, &PutSurveyed});
    }));
    return std::move(got.apps);
  }

  Status Watch(const ports::Call& call, const std::function<void(const AppId&)>& changed) override {
    if (!table_.watch) return CannotDo(instance_, "watching");
    auto tell = changed;
    return instance_.Run("watch", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.watch(plugin, raw, {&tell, &TellChanged});
    });
  }

  Result<std::vector<model::LogLine>> Logs(const ports::Call& call,
                                           const ports::LogQuery& query) override {
    if (!table_.logs) return CannotDo(instance_, "reading output");
    const ns_log_query raw_query{sizeof(ns_log_query), query.limit, sdk::Str(query.app.str()),
                                 query.before.time_since_epoch().count(),
                                 query.since.time_since_epoch().count()};
    Lines got{query.limit, ports::NewestLines(query)};
    NS_TRY(instance_.Run("logs", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.logs(plugin, raw, &raw_query, {&got, &PutLine});
    }));
    return got.newest.Take();
  }

  Result<std::vector<model::ReplicaUsage>> Usages(const ports::Call& call) override {
    if (!NS_HAS(&table_, usage) || !table_.usage)
      return CannotDo(instance_, "telling what applications use");
    Counted got{clock_};
    NS_TRY(instance_.Run("usage", call, [&](ns_plugin* plugin, const ns_call* raw) {
      return table_.usage(plugin, raw, {&got, &PutUsage});
    }));
    return std::move(got.replicas);
  }

 private:
  Instance& instance_;
  Clock& clock_;
  const ns_backend& table_;
};

}  // namespace

std::unique_ptr<ports::Backend> MakeBackend(Instance& instance, Clock& clock) {
  return std::make_unique<TableBackend>(instance, clock);
}

}  // namespace ns::plugin
