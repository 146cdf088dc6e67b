#include "ssgen/serving.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/crypto.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "ssgen/site_probe.h"
#include "supervise/address.h"

namespace ns::ssgen {
namespace {

using std::chrono::seconds;

constexpr Duration kStart = seconds(60);        // for a server to be checked, or to start
constexpr Duration kUsualDrain = seconds(30);   // where the settings do not say
constexpr Duration kBeyondDrain = seconds(15);  // for a server that must be killed after it
constexpr Duration kAnswer = seconds(5);        // for one request
constexpr int kPatience = 3;  // looks at one that is not well until it is started anew
constexpr Duration kConnect = seconds(2);

// Two hexadecimal digits.
int ByteAt(const std::string& hex, size_t index) {
  int value = 0;
  std::from_chars(hex.data() + 2 * index, hex.data() + 2 * index + 2, value, 16);
  return value;
}

Result<NamedServer> Completed(NamedServer server) {
  ports::SiteSettings& settings = server.settings;
  if (!settings.listen.starts_with("127.0.0.1:"))
    return Status(Code::kInvalid, "ConfigInvalid",
                  "the address of the site servers is \"" + settings.listen +
                      "\"; it must be 127.0.0.1:<port>, which one can take over from another")
        .SetFault(Fault::kOperator);
  if (settings.own.empty()) settings.own = OwnAddressOf(settings);
  return server;
}

// As it is started first: no request of a user comes to it.
ports::SiteSettings Alone(ports::SiteSettings settings) {
  settings.listen.clear();
  return settings;
}

Status Unwell(const NamedServer& server, const Status& why) {
  return why.Prefixed("site server " + server.name);
}

}  // namespace

std::string OwnAddressOf(const ports::SiteSettings& settings) {
  const std::string hash = Sha256Hex(settings.data);
  const size_t colon = settings.listen.rfind(':');
  return "127." + std::to_string(64 + ByteAt(hash, 0) % 64) + "." +
         std::to_string(ByteAt(hash, 1)) + "." + std::to_string(1 + ByteAt(hash, 2) % 254) +
         settings.listen.substr(std::min(colon, settings.listen.size()));
}

ports::Call Serving::Step(const ports::Call& call) const {
  const Duration end = clock_.Monotonic() + kStart;
  return {call.cancel, std::min(call.deadline.value_or(end), end)};
}

// It opens that address by itself, so that whoever is there is the server.
bool Serving::Runs(const NamedServer& server) const {
  const auto own = supervise::ParseAddress(server.settings.own);
  return own.ok() && supervise::Connect(*own, SystemClock().Monotonic() + kConnect).ok();
}

// Takes its time whatever has become of the call: what is half stopped must not stay so.
Status Serving::Stop(const NamedServer& server) const {
  const Duration drain = server.settings.drain;
  const Duration most = (drain > Duration::zero() ? drain : kUsualDrain) + kBeyondDrain;
  return server.server->Stop({{}, clock_.Monotonic() + most}, server.settings);
}

// A site that the one at the address does not give out either says nothing of this one.
Status Serving::ProbeSites(const ports::Call& call, const NamedServer& chosen,
                           const std::vector<SiteName>& sites) {
  const ports::SiteSettings& settings = chosen.settings;
  for (const SiteName& site : sites) {
    NS_TRY(CheckCall(call, clock_));
    const Status status = ProbeSite(settings.own, settings.root, site, kAnswer);
    if (status.ok()) continue;
    if (ProbeSite(settings.listen, settings.root, site, kAnswer).ok()) return status;
    log::Warn("a site is answered by no server as it is on the disk",
              {{"problem", status.message()}});
  }
  return {};
}

Status Serving::StartBeside(const ports::Call& call, const NamedServer& chosen,
                            const std::vector<SiteName>& sites) {
  NS_TRY(chosen.server->Start(Step(call), Alone(chosen.settings)));
  if (Failpoint("ssgen.serving-beside")) return Unavailable("failpoint ssgen.serving-beside");
  NS_TRY(ProbeSites(call, chosen, sites));
  if (Failpoint("ssgen.serving-probed")) return Unavailable("failpoint ssgen.serving-probed");
  NS_TRY(chosen.server->Start(Step(call), chosen.settings));
  if (Failpoint("ssgen.serving-both")) return Unavailable("failpoint ssgen.serving-both");
  return {};
}

Status Serving::Begin(const ports::Call& call, const NamedServer& chosen, bool beside,
                      const std::vector<SiteName>& sites) {
  if (!beside) return chosen.server->Start(Step(call), chosen.settings);
  NS_TRY(chosen.server->Check(Step(call), chosen.settings));
  const Status started = StartBeside(call, chosen, sites);
  if (started.ok()) return {};
  if (const Status stopped = Stop(chosen); !stopped.ok())
    log::Warn("a site server that does not take over cannot be stopped",
              {{"server", chosen.name}, {"problem", stopped.message()}});
  return started;
}

// Not where it takes part at the address by now, whatever its settings are: it would leave it.
bool Serving::MustComeBeside(const ports::Call& call, const NamedServer& chosen,
                             const std::vector<NamedServer>& others) const {
  const auto runs = [this](const NamedServer& server) { return Runs(server); };
  if (std::none_of(others.begin(), others.end(), runs)) return false;
  return !Runs(chosen) || chosen.server->Probe(Step(call), Alone(chosen.settings)).ok();
}

Status Serving::Serve(const ports::Call& call, const NamedServer& chosen,
                      const std::vector<NamedServer>& others, const std::vector<SiteName>& sites) {
  NS_ASSIGN(const Turns::Turn mine, turns_.Take(call, clock_, "serving"));
  NS_ASSIGN(const NamedServer wanted, Completed(chosen));
  NS_TRY(MakeFolder(wanted.settings.data));
  std::vector<NamedServer> rest;
  for (const NamedServer& other : others) {
    NS_ASSIGN(rest.emplace_back(), Completed(other));
  }
  const bool beside = MustComeBeside(call, wanted, rest);
  state_.With([](State& state) { state.swapping = true; });
  Status status = Begin(call, wanted, beside, sites);
  state_.With([&](State& state) {
    if (status.ok()) state.serving = wanted;
    state.swapping = false;
    state.unwell = 0;
  });
  if (!status.ok()) return Unwell(wanted, status);
  for (const NamedServer& other : rest) {
    const Status stopped = Stop(other);
    if (!stopped.ok() && status.ok()) status = Unwell(other, stopped);
    if (Failpoint("ssgen.serving-stopped")) return Unavailable("failpoint ssgen.serving-stopped");
  }
  NS_TRY(status);
  return wanted.server->Probe(Step({call.cancel, {}}), wanted.settings);
}

Status Serving::Care(const ports::Call& call) {
  if (state_.With([](const State& now) { return !now.serving || now.swapping; })) return {};
  NS_ASSIGN(const Turns::Turn mine, turns_.Take(call, clock_, "serving"));
  const NamedServer serving = *state_.With([](const State& now) { return now.serving; });
  const Status status = LookAt(call, serving);
  const int unwell =
      state_.With([&](State& now) { return now.unwell = status.ok() ? 0 : now.unwell + 1; });
  // A configuration that is refused would be refused again.
  if (unwell < kPatience || status.reason() == "ConfigInvalid" || call.cancel.stop_requested())
    return status;
  state_.With([](State& now) { now.unwell = 0; });
  NS_TRY(Stop(serving));
  return serving.server->Start(Step({call.cancel, {}}), serving.settings);
}

Status Serving::LookAt(const ports::Call& call, const NamedServer& serving) {
  const Status seen = serving.server->Probe(Step(call), serving.settings);
  if (seen.ok() || call.cancel.stop_requested()) return seen;
  log::Warn("a site server is not well and is started again",
            {{"server", serving.name}, {"problem", seen.message()}});
  NS_TRY(serving.server->Start(Step(call), serving.settings));
  return serving.server->Probe(Step(call), serving.settings);
}

}  // namespace ns::ssgen
