#include "docker_backend.h"

#include "connections.h"
#include "labels.h"
#include "marks.h"
#include "probe.h"
#include "signals.h"
#include "traefik/render.h"

namespace ns::backend_docker {
namespace {

using docker::Container;
using docker::Listed;
using sdk::App;
using sdk::AppRecord;
using sdk::Call;
using sdk::Error;
using sdk::Fault;

constexpr const char* kRoutesNote =
    "routes";  // the text of the route file as it was written; empty: none

Error StartFailure(const std::string& message) {
  const bool port = message.find("port is already allocated") != std::string::npos ||
                    message.find("address already in use") != std::string::npos;
  if (port)
    return Error(NS_E_PRECONDITION, NS_REASON_PORT_TAKEN,
                 "A published port is taken on this machine: " + message, Fault::kOperator);
  return Error(NS_E_PRECONDITION, NS_REASON_START_FAILED, "The container did not start: " + message,
               Fault::kSource);
}

}  // namespace

DockerBackend::DockerBackend(const sdk::Setup& setup)
    : RolloutBackend(setup),
      config_(ParseConfig(setup.config)),
      engine_(config_.socket),
      networks_(engine_, config_, host().installation(), host().data_dir() + "/networks.lock"),
      proxy_(host(), config_, http_) {}

// Neither the Engine nor Traefik need to be up: after a reboot they come later.
void DockerBackend::Activate(const Call&) {
  OpenRecords();
  proxy_.Open();
}

// Labels cannot change: with them other routes need another container.
std::string DockerBackend::KeyOf(const App& app) const {
  return config_.traefik.labels ? app.run_key + "/" + app.route_key : app.run_key;
}

void DockerBackend::Deactivate() { proxy_.Close(); }

sdk::Look DockerBackend::LookAt(const Call& call, const std::string& app, const AppRecord& record) {
  sdk::Look look;
  for (const Listed& listed : engine_.List(call, AppLabels(host().installation(), app))) {
    if (const auto container = Inspected(call, listed)) look.replicas.push_back(Report(*container));
  }
  LookAtRoutes(look, app, record);
  return look;
}

std::optional<Container> DockerBackend::Inspected(const Call& call, const Listed& listed) {
  auto container = engine_.Inspect(call, listed.id);
  if (container) inspections_.Keep(listed, *container);
  return container;
}

// Those of which a container is new, or changed, started or ended since it was inspected, are left
// out: to be observed each. What the list does not show (limits) is found within twenty surveys,
// and at once where containers are few.
std::map<std::string, sdk::Look> DockerBackend::LookAtAll(
    const Call& call, const std::map<std::string, AppRecord>& records) {
  const auto all = engine_.List(call, {{kInstallation, host().installation()}});
  for (const Listed& due : inspections_.Due(all)) Inspected(call, due);
  std::map<std::string, sdk::Look> looks;
  for (const auto& [app, record] : records) LookAtRoutes(looks[app], app, record);
  for (const Listed& listed : all) {
    const auto app = listed.labels.find(kApp);
    const auto look = app == listed.labels.end() ? looks.end() : looks.find(app->second);
    if (look == looks.end()) continue;
    if (const auto container = inspections_.Find(listed))
      look->second.replicas.push_back(Report(*container));
    else
      looks.erase(look);
  }
  return looks;
}

void DockerBackend::LookAtRoutes(sdk::Look& look, const std::string& app,
                                 const AppRecord& record) const {
  const auto note = record.notes.find(kRoutesNote);
  const std::string wanted = note == record.notes.end() ? "" : note->second;
  if (config_.traefik.labels && !record.targets.empty())
    return;  // the page's file may be there until the labels are in force
  const auto file = proxy_.ReadFile(app);
  look.routes_intact = file.value_or("") == wanted;
  if (!look.routes_intact)
    look.route_flaw = file ? "its route file was changed" : "its route file was removed";
}

void DockerBackend::Pull(const Call& call, const App& app) {
  const sdk::Process& process = app.processes.front();
  if (!engine_.HasImage(call, process.image))
    engine_.Pull(call, process.image, process.pull_username, process.pull_password);
}

void DockerBackend::Start(const Call& call, const App& app, const std::string& key,
                          const sdk::Look& there) {
  const docker::Network network = networks_.Ensure(call, app.id);
  const std::string address = networks_.FreeAddress(call, network, app.id);
  std::vector<std::string> names;
  for (const sdk::ReplicaReport& report : there.replicas) names.push_back(report.name);
  const int number = NextNumber(app.id, app.fence.generation, names);
  const std::string id = Create(call, app, key, number, address);
  try {
    if (config_.traefik.labels) engine_.PutArchive(call, id, HealthArchive());
    engine_.Start(call, id);
  } catch (const Error& error) {
    if (error.code() == NS_E_UNAVAILABLE || error.code() == NS_E_CANCELLED ||
        error.code() == NS_E_DEADLINE)
      throw;
    engine_.Remove(call, id);
    throw StartFailure(error.message());
  }
}

// Passes over names that somebody else's containers have.
std::string DockerBackend::Create(const Call& call, const App& app, const std::string& key,
                                  int number, const std::string& address) {
  for (int tries = 0;; ++tries, ++number) {
    docker::ContainerSpec spec =
        MakeSpec(app, config_, host().installation(), key, number, address);
    if (config_.traefik.labels) AddLabels(spec, app, proxy_.entries(), engine_.Version(call));
    try {
      return engine_.Create(call, spec);
    } catch (const Error& error) {
      if (error.code() == NS_E_NOT_FOUND)
        throw Error(NS_E_NOT_FOUND, NS_REASON_IMAGE_GONE, error.message(), Fault::kPlatform);
      if (error.code() != NS_E_EXISTS || tries == 20) throw;
    }
  }
}

Container DockerBackend::Existing(const Call& call, const std::string& id) {
  if (auto container = engine_.Inspect(call, id)) return *std::move(container);
  throw Error(NS_E_UNAVAILABLE, NS_REASON_DRIFT,
              "A container vanished in the middle of the deploy; it is tried again.",
              Fault::kPlatform);
}

sdk::ProbeAnswer DockerBackend::Probe(const Call& call, const App& app,
                                      const std::string& replica) {
  const Container container = Existing(call, replica);
  sdk::ProbeAnswer answer =
      ProbeOnce(call, http_, app.processes.front().probe, container, AddressOf(container));
  if (answer.readiness == sdk::Readiness::kReady && config_.traefik.labels &&
      container.health != "healthy")
    return {sdk::Readiness::kNotYet, NS_REASON_PROBE_FAILED,
            "Docker does not count the container as healthy yet."};
  return answer;
}

traefik::Config DockerBackend::RoutesTo(const Call& call, const App& app,
                                        const std::set<std::string>& targets) {
  traefik::Upstreams upstreams;
  upstreams.site = app.site;
  upstreams.page_url = app.page_upstream;
  upstreams.page_reason = app.page_reason.empty() ? "stopped" : app.page_reason;
  for (const std::string& target : targets)
    upstreams.hosts.push_back(AddressOf(Existing(call, target)));
  return traefik::MakeConfig(app, upstreams, proxy_.entries(), BaseName(app.id),
                             RankOf(app.fence.generation, kPageNumber));
}

// What serves comes back after a reboot; what was only tried does not.
void DockerBackend::SetRoutes(const Call& call, const App& app,
                              const std::set<std::string>& targets, AppRecord& record) {
  for (const std::string& target : targets)
    engine_.SetRestartPolicy(call, target, "unless-stopped");
  if (config_.traefik.labels && !targets.empty()) return;
  const traefik::Config routes = RoutesTo(call, app, targets);
  const std::string text = routes.routers.empty() ? "" : traefik::RenderFile(routes);
  proxy_.WriteFile(app.id, text);
  record.notes[kRoutesNote] = text;
}

std::string DockerBackend::Unconfirmed(const Call& call, const App& app,
                                       const std::set<std::string>& targets, const AppRecord&) {
  if (config_.traefik.labels && !targets.empty()) {
    for (const std::string& target : targets) {
      const Container container = Existing(call, target);
      const traefik::Config routes =
          LabelledRoutes(app, proxy_.entries(), container.name, AddressOf(container));
      if (std::string missing = proxy_.Missing(call, routes, container.name, "docker");
          !missing.empty())
        return missing;
    }
    proxy_.WriteFile(app.id, "");  // the page is not needed any more
    return "";
  }
  return proxy_.Missing(call, RoutesTo(call, app, targets), BaseName(app.id), "file");
}

int DockerBackend::CountOpen(const Call& call, const App& app, const std::string& replica) {
  const auto container = engine_.Inspect(call, replica);
  std::set<int> ports;
  for (const sdk::Route& route : app.routes) ports.insert(route.port);
  // What is paused or cut off from its network answers nobody; the kernel shows its connections for
  // ever.
  const bool reachable =
      container && container->state == "running" && container->networks.contains(BaseName(app.id));
  return reachable ? CountConnectionsOf(container->pid, ports) : 0;
}

// A first process without a handler would not hear the signal: it is not waited for.
void DockerBackend::Stop(const Call& call, const std::string& replica, bool now) {
  const auto container = now ? std::nullopt : engine_.Inspect(call, replica);
  const std::string signal =
      !container || container->stop_signal.empty() ? "SIGTERM" : container->stop_signal;
  const bool deaf =
      container && container->state == "running" && !ProcessCatches(container->pid, signal);
  now || deaf ? engine_.Kill(call, replica) : engine_.AskToStop(call, replica);
}

void DockerBackend::Resume(const Call& call, const std::string& replica) {
  engine_.SetRestartPolicy(call, replica, "unless-stopped");
  engine_.Start(call, replica);
}

void DockerBackend::RemoveReplica(const Call& call, const std::string& replica) {
  engine_.Remove(call, replica);
}

void DockerBackend::RemoveRest(const Call& call, const std::string& app, bool) {
  proxy_.WriteFile(app, "");
  networks_.Remove(call, app);
  for (const docker::Image& image : engine_.Images(call, AppLabels(host().installation(), app)))
    engine_.RemoveImage(call, image.id);
}

}  // namespace ns::backend_docker
