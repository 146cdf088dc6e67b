#include "host/metrics_page.h"

#include <algorithm>
#include <map>

#include "api/alive.h"
#include "host/loop_figures.h"
#include "host/version.h"
#include "metrics/process.h"

namespace ns::host {
namespace {

using metrics::Labels;
using metrics::Page;

double Seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

// Which of the labels of each host, by its id.
std::map<HostId, Labels> LabelsOf(const std::vector<model::Host>& hosts) {
  std::map<std::pair<std::string, std::string>, int> seen;
  std::map<HostId, Labels> labels;
  for (const model::Host& host : hosts) {
    std::string roles;
    for (const std::string& role : host.roles) roles += (roles.empty() ? "" : ",") + role;
    const int number = seen[{host.name, roles}]++;
    labels[host.id] = {{"host", host.name}, {"roles", roles}, {"process", std::to_string(number)}};
  }
  return labels;
}

Labels With(Labels labels, const std::string& name, const std::string& value) {
  labels.emplace_back(name, value);
  return labels;
}

void AddLoop(Page& page, const Figure& figure, const Labels& host) {
  const Labels labels = With(host, "loop", figure.of);
  const auto value = static_cast<double>(figure.value);
  if (figure.name == "loop_passes") {
    page.Counter("neoshowcase_loop_passes_total", "Passes of a loop that have ended.", value,
                 labels);
  } else if (figure.name == "loop_failures") {
    page.Counter("neoshowcase_loop_failures_total",
                 "Of these, those that failed and are tried again.", value, labels);
  } else if (figure.name == "loop_busy_ms") {
    page.Counter("neoshowcase_loop_busy_seconds_total",
                 "Time that passes of a loop took, all together.", value / 1000, labels);
  } else if (figure.name == "loop_looked_ms") {
    page.Gauge("neoshowcase_loop_look_age_seconds",
               "Time since a pass of the loop, or a look at all its keys, has ended.", value / 1000,
               labels);
  }
}

const char* Word(model::DesiredState state) {
  switch (state) {
    case model::DesiredState::kRunning:
      return "running";
    case model::DesiredState::kAsleep:
      return "asleep";
    case model::DesiredState::kStopped:
      break;
  }
  return "stopped";
}

const char* Word(model::ContainerState state) {
  switch (state) {
    case model::ContainerState::kMissing:
      return "missing";
    case model::ContainerState::kStarting:
      return "starting";
    case model::ContainerState::kRestarting:
      return "restarting";
    case model::ContainerState::kRunning:
      return "running";
    case model::ContainerState::kExited:
      return "exited";
    case model::ContainerState::kErrored:
      return "errored";
    case model::ContainerState::kUnknown:
      break;
  }
  return "unknown";
}

void AddPool(Page& page, const store::PoolFigures& pool) {
  const char* const kSessions = "neoshowcase_database_sessions";
  const char* const kHelp = "Sessions of this process with the database.";
  page.Gauge(kSessions, kHelp, pool.in_use, {{"state", "in_use"}});
  page.Gauge(kSessions, kHelp, pool.open - pool.in_use, {{"state", "idle"}});
  page.Gauge("neoshowcase_database_sessions_limit", "The most sessions that it may have.",
             pool.most);
  page.Counter("neoshowcase_database_waits_total", "Times that a session had to be waited for.",
               static_cast<double>(pool.waits));
  page.Counter("neoshowcase_database_wait_seconds_total", "Time spent so, all together.",
               Seconds(pool.waited));
  page.Counter("neoshowcase_database_waits_failed_total",
               "Of these waits, those that were given up.", static_cast<double>(pool.given_up));
}

}  // namespace

void AddHosts(Page& page, const std::vector<model::Host>& hosts, Time now) {
  const auto labels = LabelsOf(hosts);
  for (const model::Host& host : hosts) {
    const Labels& own = labels.at(host.id);
    page.Gauge("neoshowcase_host_seen_age_seconds", "Time since a host has said that it lives.",
               std::max(0.0, Seconds(now - host.last_seen)), own);
    for (const model::PluginState& plugin : host.plugins) {
      page.Gauge("neoshowcase_plugin_healthy", "1: the plugin is loaded and well.",
                 plugin.healthy ? 1 : 0,
                 With(With(own, "plugin", plugin.instance), "required",
                      plugin.required ? "true" : "false"));
    }
    for (const Figure& figure : ReadFigures(host.figures)) AddLoop(page, figure, own);
  }
}

void AddTotals(Page& page, const model::Totals& totals, const std::vector<model::Host>& hosts) {
  page.Gauge("neoshowcase_builds_queued", "Builds that wait for a builder.",
             static_cast<double>(totals.queued));
  page.Gauge("neoshowcase_builds_running", "Builds that a builder has.",
             static_cast<double>(totals.building));
  page.Gauge("neoshowcase_builds_queued_age_seconds", "Time that the oldest of them waits.",
             Seconds(totals.longest_queued));
  for (const model::AppTotal& app : totals.apps) {
    page.Gauge("neoshowcase_applications",
               "Applications by what their owners ask for and what was seen last.",
               static_cast<double>(app.count),
               {{"desired", Word(app.desired)}, {"state", Word(app.seen)}});
  }
  page.Gauge("neoshowcase_applications_deleting",
             "Applications that are deleted, and of which something is left.",
             static_cast<double>(totals.tombstones));
  for (const auto& [host, labels] : LabelsOf(hosts)) {
    const auto held = totals.held.find(host);
    page.Gauge("neoshowcase_applications_held", "Applications that a host looks after.",
               held == totals.held.end() ? 0 : static_cast<double>(held->second), labels);
  }
}

std::string MetricsText(const MetricsSources& sources, const metrics::Calls& calls) {
  Page page;
  page.Gauge("neoshowcase_build_info", "What runs here: always 1.", 1,
             {{"version", Version()}, {"revision", Revision()}});
  metrics::AddProcess(page);
  calls.AddTo(page);
  page.Gauge("neoshowcase_api_streams_open", "Streams of the API that are open.",
             static_cast<double>(sources.streams()));
  AddPool(page, sources.pool());
  const auto hosts = sources.store.hosts.List(api::kAlive);
  const auto totals = hosts.ok() ? sources.store.totals.Count() : hosts.status();
  page.Gauge("neoshowcase_database_up", "1: the database answers.", totals.ok() ? 1 : 0);
  if (!totals.ok()) return page.Text();
  AddHosts(page, *hosts, sources.clock.Now());
  AddTotals(page, *totals, *hosts);
  return page.Text();
}

}  // namespace ns::host
