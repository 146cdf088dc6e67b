#include "ports/testing/fake_site_server.h"

#include <utility>

namespace ns::ports::testing {
namespace {

std::string TextOf(const SiteSettings& settings) {
  return "root " + settings.root + "\nlisten " + settings.listen + "\ndata " + settings.data +
         (settings.own.empty() ? "" : "\nown " + settings.own) + "\n";
}

Status Refusal(const std::string& root) {
  return Status(Code::kInvalid, "ConfigInvalid",
                "the folder of sites is \"" + root + "\", which the server refuses");
}

Status Away(const SiteSettings& settings) {
  return Status(Code::kUnavailable, "SiteServerUnavailable",
                "nobody answers at " + settings.listen);
}

}  // namespace

Status FakeSiteServer::Enter(const Call& call) {
  if (call.cancel.stop_requested()) return {Code::kCancelled, "the call was cancelled"};
  return state_.With([](const State& state) { return state.failure; });
}

Result<std::string> FakeSiteServer::Render(const Call& call, const SiteSettings& settings) {
  NS_TRY(Enter(call));
  return TextOf(settings);
}

Status FakeSiteServer::Check(const Call& call, const SiteSettings& settings) {
  NS_TRY(Enter(call));
  return state_.With([&](const State& state) {
    return settings.root == state.refused_root ? Refusal(settings.root) : Status();
  });
}

Status FakeSiteServer::Put(const SiteSettings& settings, bool must_run) {
  return state_.With([&](State& state) -> Status {
    if (must_run && !state.running.contains(settings.data)) return Away(settings);
    for (const auto& [data, other] : state.running)
      if (data != settings.data && other.listen == settings.listen &&
          (other.own.empty() || settings.own.empty()))
        return Status(Code::kUnavailable, "PortTaken", settings.listen + " is taken");
    state.running[settings.data] = settings;
    return {};
  });
}

Status FakeSiteServer::Start(const Call& call, const SiteSettings& settings) {
  NS_TRY(Check(call, settings));
  return Put(settings, false);
}

Status FakeSiteServer::Reload(const Call& call, const SiteSettings& settings) {
  NS_TRY(Check(call, settings));
  return Put(settings, true);
}

Status FakeSiteServer::Stop(const Call& call, const SiteSettings& settings) {
  NS_TRY(Enter(call));
  state_.With([&](State& state) { state.running.erase(settings.data); });
  return {};
}

Status FakeSiteServer::Probe(const Call& call, const SiteSettings& settings) {
  NS_TRY(Enter(call));
  return At(settings.own.empty() ? settings.listen : settings.own) == TextOf(settings)
             ? Status()
             : Away(settings);
}

void FakeSiteServer::FailWith(Status status) {
  state_.With([&](State& state) { state.failure = std::move(status); });
}

void FakeSiteServer::Refuse(const std::string& root) {
  state_.With([&](State& state) { state.refused_root = root; });
}

std::string FakeSiteServer::At(const std::string& listen) {
  return state_.With([&](const State& state) {
    for (const auto& [data, settings] : state.running)
      if (settings.listen == listen || settings.own == listen) return TextOf(settings);
    return std::string();
  });
}

}  // namespace ns::ports::testing
