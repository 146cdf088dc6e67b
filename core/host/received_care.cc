#include "host/received_care.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPause = 10s;
constexpr Duration kTidyEvery = 1h, kTidyLimit = 10min;

}  // namespace

ReceivedCarer::ReceivedCarer(ports::ReceivedStore& store, ports::GitReceive& git, std::string host,
                             std::string address, Clock& clock)
    : store_(store),
      git_(git),
      host_(std::move(host)),
      address_(std::move(address)),
      clock_(clock) {}

ReceivedCare::ReceivedCare(ReceivedCarer carer, Clock& clock)
    : carer_(std::move(carer)),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void ReceivedCare::Run(const std::stop_token& stop) {
  Duration tidied = clock_.Monotonic();
  Status last;
  while (!stop.stop_requested()) {
    const Duration now = clock_.Monotonic();
    const bool tidy = now - tidied >= kTidyEvery;
    if (tidy) tidied = now;
    const Status looked = carer_.Look({stop, std::nullopt}, tidy);
    if (!looked.ok() && looked != last && !stop.stop_requested())
      log::Warn("repositories that are pushed here are looked after later",
                {{"why", looked.ToString()}});
    last = looked;
    act::Pause(stop, kPause);
  }
}

Status ReceivedCarer::Look(const ports::Call& call, bool tidy) const {
  NS_TRY(store_.SetAddress(host_, address_));
  NS_ASSIGN(const auto all, store_.On(host_));
  Status failure;
  for (const ports::Received& one : all) {
    if (call.cancel.stop_requested()) return failure;
    Status done;
    if (one.gone) {
      done = git_.Remove(one.name);
      if (done.ok()) done = store_.Forget(one.name);
    } else if (tidy) {
      done = git_.Tidy({call.cancel, clock_.Monotonic() + kTidyLimit}, one.name);
    }
    if (failure.ok() && !done.ok()) failure = done.Prefixed(one.name);
  }
  return failure;
}

}  // namespace ns::host
