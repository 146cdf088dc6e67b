// Derive from Backend to write where applications run. The clauses BACKEND-01 to -10 of
// ns/abi/backend.h are yours to keep; RolloutBackend (rollout_backend.h) keeps most of them for
// you.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ns/abi/backend.h"
#include "ns/sdk/status.h"

namespace ns::sdk {

struct LogQuery {
  std::string app;
  int limit = 0;  // newest lines before `before`; fewer say that there are no more
  std::optional<UtcTime> before, since;  // exclusive, inclusive
};

// Takes lines on the calling thread, ascending by time. Throws Stopped when the host wants no more:
// let it pass.
class LogSink {
 public:
  explicit LogSink(ns_log_sink raw) : raw_(raw) {}
  void Put(UtcTime at, bool is_stderr, std::string_view text) const {
    const ns_log_line line{sizeof(ns_log_line), is_stderr ? 1 : 0, at.time_since_epoch().count(),
                           Str(text)};
    ThrowIfStopped(raw_.put(raw_.ctx, &line));
  }

 private:
  ns_log_sink raw_;
};

// Takes ids of applications that changed, on any thread until Watch returns. Throws Stopped when
// the host wants no more.
class ChangeSink {
 public:
  explicit ChangeSink(ns_change_sink raw) : raw_(raw) {}
  void Changed(std::string_view app) const { ThrowIfStopped(raw_.changed(raw_.ctx, Str(app))); }
  // Say it whenever a stream of events begins (again).
  void AnyMayHaveChanged() const { Changed(""); }

 private:
  ns_change_sink raw_;
};

// Takes one application after another, on the calling thread. Throws Stopped when the host wants no
// more.
class SurveySink {
 public:
  explicit SurveySink(ns_survey_sink raw) : raw_(raw) {}
  void Put(std::string_view app, const AppStatus& status) const {
    detail::WithRaw(status, [&](const ns_app_status* raw) {
      ThrowIfStopped(raw_.put(raw_.ctx, Str(app), raw));
    });
  }

 private:
  ns_survey_sink raw_;
};

// What one running replica has used; -1: not known. See ns_usage.
struct Usage {
  std::string app, replica;
  int64_t cpu_ns = -1, memory_bytes = -1, received_bytes = -1, sent_bytes = -1;
};

// Takes one replica after another, on the calling thread, as soon as its counters were read. Throws
// Stopped when the host wants no more.
class UsageSink {
 public:
  explicit UsageSink(ns_usage_sink raw) : raw_(raw) {}
  void Put(const Usage& usage) const {
    const ns_usage raw{sizeof(ns_usage),     0,
                       Str(usage.app),       Str(usage.replica),
                       usage.cpu_ns,         usage.memory_bytes,
                       usage.received_bytes, usage.sent_bytes};
    ThrowIfStopped(raw_.put(raw_.ctx, &raw));
  }

 private:
  ns_usage_sink raw_;
};

class Backend : public Instance {
 public:
  static constexpr const char* kKind = NS_BACKEND;

  // Makes the application as asked. Puts the status as it is at the end, also before it throws.
  // [worker, key: app id]
  virtual void Apply(const Call& call, const App& app, const StatusSink& status) = 0;
  // Removes all of it, and remembers the fence. `data`: volumes too. [worker, key: app id]
  virtual void Remove(const Call& call, const std::string& app, const Fence& fence, bool data) = 0;
  // Looks; changes nothing. Throws when it could not look. [worker, key: app id]
  virtual AppStatus Observe(const Call& call, const std::string& app) = 0;

  // Override these where the platform can; the host sees which are overridden, and only public
  // overrides count. Tells which applications changed until cancelled. [stream]
  virtual void Watch(const Call&, const ChangeSink&) { Unsupported("watching"); }
  // Output lines. [worker]
  virtual void Logs(const Call&, const LogQuery&, const LogSink&) { Unsupported("reading output"); }
  // As Observe, of many at once; those of which it cannot tell are left out. [worker]
  virtual void Survey(const Call&, const std::vector<std::string>& /*apps*/, const SurveySink&) {
    Unsupported("looking at many applications at once");
  }
  // What each running replica of every application has used. Asked every few seconds. [worker]
  virtual void Usages(const Call&, const UsageSink&) { Unsupported("telling what is used"); }

  template <class T>
  static const void* Table();

 protected:
  [[noreturn]] static void Unsupported(const std::string& what) {
    throw Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
                "This backend does not offer " + what + ".", Fault::kOperator);
  }

 private:
  void ApplyRaw(const Call& call, const ns_app* raw, ns_status_sink out) {
    App app = detail::AppFrom(raw);
    const detail::WipedOnExit wiped(app, &detail::WipeApp);
    Apply(call, app, StatusSink(out));
  }
  void RemoveRaw(const Call& call, ns_str app, const ns_fence* fence, uint32_t flags) {
    detail::Given(fence, true);
    Remove(call, Text(app), {fence->epoch, fence->generation}, (flags & NS_REMOVE_DATA) != 0);
  }
  void ObserveRaw(const Call& call, ns_str app, ns_status_sink out) {
    StatusSink(out).Put(Observe(call, Text(app)));
  }
  void WatchRaw(const Call& call, ns_change_sink out) { Watch(call, ChangeSink(out)); }
  void LogsRaw(const Call& call, const ns_log_query* raw, ns_log_sink out) {
    const ns_log_query& from = detail::Given(raw, NS_HAS(raw, since_us));
    Logs(call, {Text(from.app), from.limit, TimeOf(from.before_us), TimeOf(from.since_us)},
         LogSink(out));
  }
  void SurveyRaw(const Call& call, const ns_str* apps, size_t count, ns_survey_sink out) {
    std::vector<std::string> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(Text(apps[i]));
    Survey(call, ids, SurveySink(out));
  }
  void UsagesRaw(const Call& call, ns_usage_sink out) { Usages(call, UsageSink(out)); }
  static std::optional<UtcTime> TimeOf(int64_t microseconds) {
    return microseconds == 0 ? std::nullopt
                             : std::optional(UtcTime(std::chrono::microseconds(microseconds)));
  }
};

template <class T>
const void* Backend::Table() {
  static constexpr bool kWatches = !std::same_as<decltype(&T::Watch), decltype(&Backend::Watch)>;
  static constexpr bool kReads = !std::same_as<decltype(&T::Logs), decltype(&Backend::Logs)>;
  static constexpr bool kSurveys = !std::same_as<decltype(&T::Survey), decltype(&Backend::Survey)>;
  static constexpr bool kCounts = !std::same_as<decltype(&T::Usages), decltype(&Backend::Usages)>;
  static constexpr ns_backend kTable = {
      sizeof(ns_backend),
      0,
      &detail::Thunk<&Backend::ApplyRaw>::Run,
      &detail::Thunk<&Backend::RemoveRaw>::Run,
      &detail::Thunk<&Backend::ObserveRaw>::Run,
      kWatches ? &detail::Thunk<&Backend::WatchRaw>::Run : nullptr,
      kReads ? &detail::Thunk<&Backend::LogsRaw>::Run : nullptr,
      kSurveys ? &detail::Thunk<&Backend::SurveyRaw>::Run : nullptr,
      kCounts ? &detail::Thunk<&Backend::UsagesRaw>::Run : nullptr,
  };
  return &kTable;
}

}  // namespace ns::sdk
