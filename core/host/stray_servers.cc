#include "host/stray_servers.h"

#include <algorithm>
#include <filesystem>

#include "base/log.h"

namespace ns::host {
namespace {

// Whether a helper, "<instance>.<name>", is of an instance that is, or once was, a site server.
bool IsSiteServer(const std::string& helper, const Layout& layout,
                  const std::vector<plugin::Loaded>& loaded) {
  const std::string instance = helper.substr(0, helper.find('.'));
  if (instance == helper) return false;  // the host's own
  const auto is_else = [&](const plugin::Loaded& p) {
    return p.instance == instance && p.site == nullptr;
  };
  std::error_code error;
  return std::ranges::none_of(loaded, is_else) &&
         std::filesystem::is_directory(layout.site_server(instance), error);
}

}  // namespace

Status EndStraySiteServers(const Layout& layout, const std::vector<plugin::Loaded>& loaded,
                           supervise::Supervisor& supervisor) {
  NS_ASSIGN(const auto records, supervise::Supervisor::Recorded(layout.helpers()));
  const auto asked = supervisor.States();
  Status first;
  for (const supervise::HelperRecord& record : records) {
    if (!record.running || asked.contains(record.name) ||
        !IsSiteServer(record.name, layout, loaded))
      continue;
    log::Info("a site server that is not configured any more is ended", {{"helper", record.name}});
    const Status ended = supervisor.Stop(record.name);
    if (!ended.ok() && first.ok()) first = ended.Prefixed(record.name);
  }
  return first;
}

}  // namespace ns::host
