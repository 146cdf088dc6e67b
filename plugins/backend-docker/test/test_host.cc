#include "test_host.h"

#include <dlfcn.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

#include "http/http.h"

namespace ns::testing {
namespace {

using sdk::Str;
using sdk::Text;

// A call that collects what fail() says.
class Collected {
 public:
  explicit Collected(const Canceller* cancel = nullptr,
                     std::chrono::seconds time = std::chrono::seconds(120)) {
    raw_.struct_size = sizeof(raw_);
    raw_.cancel_fd = cancel ? cancel->fd() : -1;
    raw_.deadline_ns = (sdk::Call::Clock::now() + time).time_since_epoch().count();
    raw_.host_data = this;
    raw_.cancelled = [](const ns_call* call) noexcept -> int32_t {
      pollfd fd{call->cancel_fd, POLLIN, 0};
      return call->cancel_fd >= 0 && ::poll(&fd, 1, 0) == 1;
    };
    raw_.fail = [](const ns_call* call, const ns_problem* problem) noexcept {
      auto* self = static_cast<Collected*>(call->host_data);
      self->outcome.reason = Text(problem->reason);
      self->outcome.message = Text(problem->message);
    };
  }
  const ns_call* raw() const { return &raw_; }
  Outcome Done(ns_status code) {
    outcome.code = code;
    if (code == NS_OK) outcome.reason.clear(), outcome.message.clear();
    return std::move(outcome);
  }
  Outcome outcome;

 private:
  ns_call raw_{};
};

void Keep(void* ctx, const ns_app_status* from) noexcept {
  auto& outcome = *static_cast<Outcome*>(ctx);
  sdk::AppStatus& to = outcome.status;
  outcome.has_status = true;
  to.exists = from->exists != 0;
  to.fence = {from->fence.epoch, from->fence.generation};
  to.serving_run_key = Text(from->serving_run_key);
  to.route_key = Text(from->route_key);
  to.container = static_cast<sdk::Container>(from->container);
  to.state = static_cast<sdk::AppState>(from->state);
  to.converged = from->converged != 0;
  to.ready = from->ready;
  to.wanted = from->wanted;
  to.restarts = from->restarts;
  to.exit_code = from->exit_code;
  to.image_digest = Text(from->image_digest);
  to.reason = Text(from->reason);
  to.message = Text(from->message);
  to.phases.clear();
  for (size_t i = 0; i < from->phase_count; ++i)
    to.phases.push_back({Text(from->phases[i]->name),
                         sdk::UtcTime(std::chrono::microseconds(from->phases[i]->at_us))});
}

// The C structs of an application, as long as this lives.
class RawApp {
 public:
  explicit RawApp(const sdk::App& app) {
    for (const sdk::Process& process : app.processes) Add(process);
    for (const sdk::Route& route : app.routes)
      routes_.push_back({sizeof(ns_route), route.port, Str(route.id), Str(route.host),
                         Str(route.path), route.strip_path, route.tls, route.h2c,
                         static_cast<int32_t>(route.auth), Str(route.process)});
    for (const sdk::Port& port : app.ports)
      ports_.push_back({sizeof(ns_port), static_cast<int32_t>(port.protocol), port.internet_port,
                        port.application_port});
    process_pointers_ = sdk::Pointers(processes_);
    route_pointers_ = sdk::Pointers(routes_);
    port_pointers_ = sdk::Pointers(ports_);
    raw_.struct_size = sizeof(raw_);
    raw_.id = Str(app.id);
    raw_.name = Str(app.name);
    raw_.fence = {app.fence.epoch, app.fence.generation};
    raw_.state = static_cast<int32_t>(app.state);
    raw_.strategy = static_cast<int32_t>(app.strategy);
    raw_.run_key = Str(app.run_key);
    raw_.route_key = Str(app.route_key);
    raw_.processes = process_pointers_.data();
    raw_.process_count = process_pointers_.size();
    raw_.routes = route_pointers_.data();
    raw_.route_count = route_pointers_.size();
    raw_.ports = port_pointers_.data();
    raw_.port_count = port_pointers_.size();
    raw_.page_upstream = Str(app.page_upstream);
    raw_.page_reason = Str(app.page_reason);
  }
  const ns_app* raw() const { return &raw_; }

 private:
  void Add(const sdk::Process& from) {
    words_.push_back(sdk::Slices(from.entrypoint));
    words_.push_back(sdk::Slices(from.command));
    std::vector<ns_env> env;
    for (const sdk::EnvVar& variable : from.env)
      env.push_back({sizeof(ns_env), variable.secret, Str(variable.key), Str(variable.value)});
    env_.push_back(std::move(env));
    env_pointers_.push_back(sdk::Pointers(env_.back()));
    probe_ = {sizeof(ns_probe),
              static_cast<int32_t>(from.probe.kind),
              from.probe.port,
              0,
              Str(from.probe.path),
              from.probe.period.count(),
              from.probe.timeout.count(),
              from.probe.stays_up.count()};
    ns_process raw{};
    raw.struct_size = sizeof(raw);
    raw.replicas = from.replicas;
    raw.name = Str(from.name);
    raw.image = Str(from.image);
    raw.entrypoint = words_[words_.size() - 2].data();
    raw.entrypoint_count = from.entrypoint.size();
    raw.command = words_.back().data();
    raw.command_count = from.command.size();
    raw.env = env_pointers_.back().data();
    raw.env_count = env_pointers_.back().size();
    raw.memory_bytes = from.memory_bytes;
    raw.cpu_millis = from.cpu_millis;
    raw.pids = from.pids;
    raw.probe = &probe_;
    raw.stop_grace_ns = from.stop_grace.count();
    raw.drain_limit_ns = from.drain_limit.count();
    processes_.push_back(raw);
  }

  ns_app raw_{};
  ns_probe probe_{};
  std::vector<std::vector<ns_str>> words_;
  std::vector<std::vector<ns_env>> env_;
  std::vector<std::vector<const ns_env*>> env_pointers_;
  std::vector<ns_process> processes_;
  std::vector<ns_route> routes_;
  std::vector<ns_port> ports_;
  std::vector<const ns_process*> process_pointers_;
  std::vector<const ns_route*> route_pointers_;
  std::vector<const ns_port*> port_pointers_;
};

// -- host services --

struct Helper {
  int64_t pid;
  std::string hash;
};
std::mutex helpers_mutex;
std::map<std::string, Helper> helpers;
bool adopting = false;

void End(const std::string& name) {
  const auto found = helpers.find(name);
  if (found == helpers.end()) return;
  ::kill(static_cast<pid_t>(found->second.pid), SIGTERM);
  ::waitpid(static_cast<pid_t>(found->second.pid), nullptr, 0);
  helpers.erase(found);
}

bool Alive(int64_t pid) { return ::waitpid(static_cast<pid_t>(pid), nullptr, WNOHANG) == 0; }

ns_status Ensure(const ns_host*, const ns_call* call, const ns_helper* helper) noexcept {
  const std::string name = Text(helper->name), hash = Text(helper->config_hash),
                    health = Text(helper->health_address);
  {
    const std::lock_guard lock(helpers_mutex);
    const auto found = helpers.find(name);
    if (!adopting &&
        (found == helpers.end() || found->second.hash != hash || !Alive(found->second.pid))) {
      End(name);
      std::vector<std::string> words = sdk::Texts(helper->argv, helper->argv_count);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      pid_t pid = 0;
      if (::posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0)
        return NS_E_INTERNAL;
      helpers[name] = {pid, hash};
    }
  }
  http::Client client;
  for (const sdk::Call outer(call);;) {
    try {
      if (client.Do(outer, {.url = health}).ok()) return NS_OK;
      outer.Wait(std::chrono::milliseconds(20));
    } catch (const sdk::Error& error) {
      if (error.code() != NS_E_UNAVAILABLE) return error.code();
      ::usleep(20'000);
    }
  }
}

ns_status StateOf(const ns_host*, ns_str name, ns_helper_state* out) noexcept {
  const std::lock_guard lock(helpers_mutex);
  const auto found = helpers.find(Text(name));
  const bool runs = adopting || (found != helpers.end() && Alive(found->second.pid));
  *out = {sizeof(*out), runs ? NS_HELPER_RUNNING : NS_HELPER_STOPPED,
          found != helpers.end() ? found->second.pid : 0, 0, 0};
  return NS_OK;
}

ns_status StopHelper(const ns_host*, const ns_call*, ns_str name) noexcept {
  const std::lock_guard lock(helpers_mutex);
  End(Text(name));
  return NS_OK;
}

void WriteLog(const ns_host*, int32_t level, ns_str message, const ns_log_field* fields,
              size_t count) noexcept {
  if (level < NS_LOG_WARN) return;
  std::string line = Text(message);
  for (size_t i = 0; i < count; ++i)
    line += " " + Text(fields[i].key) + "=" + Text(fields[i].value);
  std::fprintf(stderr, "log[%d] %s\n", level, line.c_str());
}

const void* ServiceOf(const ns_host*, const char* id) noexcept {
  static const ns_host_log log = {
      sizeof(log), 0, [](const ns_host*, int32_t) noexcept -> int32_t { return 1; }, &WriteLog};
  static const ns_host_spawn spawn = {sizeof(spawn), 0, &Ensure, &StateOf, &StopHelper};
  if (std::string_view(id) == NS_HOST_LOG) return &log;
  if (std::string_view(id) == NS_HOST_SPAWN) return &spawn;
  return nullptr;
}

[[noreturn]] void Give(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace

Canceller::Canceller() : fd_(::eventfd(0, EFD_CLOEXEC)) {}
Canceller::~Canceller() { ::close(fd_); }
void Canceller::Cancel() { ::eventfd_write(fd_, 1); }

TestHost::TestHost(const std::string& library, const std::string& config, std::string installation,
                   std::string data)
    : library_(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)),
      installation_(std::move(installation)),
      data_(std::move(data)) {
  if (!library_) Give(::dlerror());
  const auto entry =
      reinterpret_cast<decltype(&ns_plugin_entry_v1)>(::dlsym(library_, "ns_plugin_entry_v1"));
  ns_handshake hands{sizeof(hands), NS_ABI_MINOR, 0, 0, 0};
  module_ = entry ? entry(&hands) : nullptr;
  if (!module_) Give("no module");
  host_.struct_size = sizeof(host_);
  host_.installation = Str(installation_);
  host_.data_dir = Str(data_);
  host_.service = &ServiceOf;
  Collected call;
  if (module_->create(call.raw(), &host_, Str(NS_BACKEND), Str("docker"), Str(config), &plugin_) !=
      NS_OK)
    Give(call.outcome.message);
  if (module_->activate(plugin_, call.raw()) != NS_OK) Give(call.outcome.message);
  backend_ = static_cast<const ns_backend*>(module_->query(plugin_, NS_BACKEND));
}

TestHost::~TestHost() {
  module_->deactivate(plugin_);
  module_->destroy(plugin_);
}

Outcome TestHost::Apply(const sdk::App& app, const Canceller* cancel) {
  Collected call(cancel);
  const RawApp raw(app);
  return call.Done(backend_->apply(plugin_, call.raw(), raw.raw(), {&call.outcome, &Keep}));
}

Outcome TestHost::Remove(const std::string& app, const sdk::Fence& fence) {
  Collected call;
  const ns_fence raw{fence.epoch, fence.generation};
  return call.Done(backend_->remove(plugin_, call.raw(), Str(app), &raw, 0));
}

Outcome TestHost::Observe(const std::string& app) {
  Collected call;
  return call.Done(backend_->observe(plugin_, call.raw(), Str(app), {&call.outcome, &Keep}));
}

Outcome TestHost::Watch(const Canceller& cancel,
                        const std::function<void(const std::string&)>& changed) {
  Collected call(&cancel, std::chrono::seconds(600));
  const ns_change_sink sink{
      const_cast<void*>(static_cast<const void*>(&changed)),
      [](void* ctx, ns_str app) noexcept -> ns_status {
        (*static_cast<const std::function<void(const std::string&)>*>(ctx))(Text(app));
        return NS_OK;
      }};
  return call.Done(backend_->watch(plugin_, call.raw(), sink));
}

Outcome TestHost::Logs(const std::string& app, int limit, std::vector<Line>& lines,
                       std::optional<sdk::UtcTime> before) {
  Collected call;
  const ns_log_query query{sizeof(query), limit, Str(app),
                           before ? before->time_since_epoch().count() : 0, 0};
  const ns_log_sink sink{&lines, [](void* ctx, const ns_log_line* line) noexcept -> ns_status {
                           static_cast<std::vector<Line>*>(ctx)->push_back(
                               {Text(line->text), line->is_stderr != 0,
                                sdk::UtcTime(std::chrono::microseconds(line->at_us))});
                           return NS_OK;
                         }};
  return call.Done(backend_->logs(plugin_, call.raw(), &query, sink));
}

Outcome TestHost::Usages(std::map<std::string, int64_t>& memory) {
  Collected call;
  const ns_usage_sink sink{
      &memory, [](void* ctx, const ns_usage* usage) noexcept -> ns_status {
        (*static_cast<std::map<std::string, int64_t>*>(ctx))[Text(usage->app)] +=
            usage->memory_bytes;
        return NS_OK;
      }};
  return call.Done(backend_->usage(plugin_, call.raw(), sink));
}

void TestHost::EndHelpers() {
  const std::lock_guard lock(helpers_mutex);
  while (!helpers.empty()) End(helpers.begin()->first);
}

void TestHost::AdoptHelpers() { adopting = true; }

int64_t TestHost::HelperPid(const std::string& name) {
  const std::lock_guard lock(helpers_mutex);
  const auto found = helpers.find(name);
  return found == helpers.end() ? 0 : found->second.pid;
}

}  // namespace ns::testing
