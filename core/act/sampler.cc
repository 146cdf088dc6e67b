#include "act/sampler.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using model::kUsageMinute;
using model::kUsageSpan;

constexpr Duration kReadLimit = 10s;
constexpr Duration kNotOffered = 24h;

}  // namespace

Time NextMultiple(Time now, std::chrono::seconds span) {
  return Time(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() / span * span +
              span);
}

Status SampleTaker::Begin(const ports::Call& call, Time now) { return Read(call, now).status(); }

Result<plan::AppUsages> SampleTaker::Read(const ports::Call& call, Time now) {
  if (now - last_ > 2 * kUsageSpan) {  // an average over a gap would tell little
    meter_.Forget();
    (void)minute_.Take();
  }
  last_ = now;
  NS_ASSIGN(const auto replicas, source_.Usages(call));
  return meter_.Read(replicas);
}

Status SampleTaker::Take(const ports::Call& call, Time due) {
  if (elsewhere_) return Watch(call, due);
  const Status told = Tell(call, due);
  elsewhere_ = told.code() == Code::kExists;
  return told;
}

Status SampleTaker::Watch(const ports::Call& call, Time due) {
  NS_ASSIGN(const bool told, store_.Told(backend_, kUsageSpan, due));
  if (told) return {Code::kExists, "another host tells of it"};
  elsewhere_ = false;
  return Begin(call, due + std::chrono::duration_cast<std::chrono::microseconds>(kUsageGrace));
}

Status SampleTaker::Tell(const ports::Call& call, Time now) {
  NS_ASSIGN(const plan::AppUsages apps, Read(call, now));
  minute_.Add(apps);
  const bool full = now.time_since_epoch() % kUsageMinute == Duration::zero();
  const plan::AppUsages averages = full ? minute_.Take() : plan::AppUsages();
  NS_TRY(Put(apps, now, kUsageSpan, model::kUsageSpanKept));
  return full ? Put(averages, now, kUsageMinute, model::kUsageMinuteKept) : Status();
}

Status SampleTaker::Put(const plan::AppUsages& apps, Time now, std::chrono::seconds span,
                        Duration keep) {
  if (apps.empty()) return {};  // an installation at rest writes nothing
  return store_.Put({backend_, now, span, apps}, keep);
}

Sampler::Sampler(std::string backend, ports::Backend& source, ports::UsageStore& store,
                 Clock& clock)
    : backend_(backend),
      clock_(clock),
      taker_(std::move(backend), source, store),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Sampler::Run(const std::stop_token& stop) {
  const auto call = [&] { return ports::Call{stop, clock_.Monotonic() + kReadLimit}; };
  Duration rest = After(taker_.Begin(call(), clock_.Now()), stop);
  while (!stop.stop_requested()) {
    const Time due = NextMultiple(
        clock_.Now() + std::chrono::duration_cast<std::chrono::microseconds>(rest), kUsageSpan);
    Pause(stop, due - clock_.Now() + taker_.Late());
    if (!stop.stop_requested()) rest = After(taker_.Take(call(), due), stop);
  }
}

Duration Sampler::After(const Status& taken, const std::stop_token& stop) {
  if (taken.code() == Code::kUnsupported) return kNotOffered;
  if (taken.code() == Code::kExists) return Duration::zero();
  if (!taken.ok() && !told_ && !stop.stop_requested())
    log::Warn("what applications use is not recorded; trying again",
              {{"backend", backend_}, {"why", taken.ToString()}});
  told_ = !taken.ok();
  return Duration::zero();
}

}  // namespace ns::act
