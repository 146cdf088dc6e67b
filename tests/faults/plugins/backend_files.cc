// A backend whose applications are files. For application X in `folder`:
//   X        what there is: fence, state, keys, image, environment; stays as a tombstone
//   X.log    one line for every call that may change something: what, fence, accepted or refused
//   X.lock   held while X is changed, since several hosts may load this backend
//   look     made by a test, taken away: anything may have changed
#include <filesystem>

#include "files.h"
#include "ns/sdk/backend.h"
#include "ns/sdk/plugin.h"

namespace ns::faults {
namespace {

using namespace sdk;

int64_t Number(const Fields& fields, const std::string& key) {
  const auto found = fields.find(key);
  return found == fields.end() ? 0 : std::stoll(found->second);
}

std::string TextOf(const Fields& fields, const std::string& key) {
  const auto found = fields.find(key);
  return found == fields.end() ? "" : found->second;
}

Fence FenceOf(const Fields& fields) {
  return {Number(fields, "epoch"), Number(fields, "generation")};
}

std::string Words(const Fence& fence) {
  return std::to_string(fence.epoch) + " " + std::to_string(fence.generation);
}

UtcTime Now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Fields FieldsOf(const App& app) {
  Fields fields{{"present", "1"},
                {"epoch", std::to_string(app.fence.epoch)},
                {"generation", std::to_string(app.fence.generation)},
                {"name", app.name},
                {"running", app.state == AppState::kRunning ? "1" : "0"},
                {"run_key", app.run_key},
                {"route_key", app.route_key},
                {"at_us", std::to_string(Now().time_since_epoch().count())}};
  if (app.site) {
    fields["site"] = app.site->release;
    fields["upstream"] = app.site->upstream;
  }
  if (app.processes.empty()) return fields;
  fields["image"] = app.processes.front().image;
  for (const EnvVar& variable : app.processes.front().env)
    fields["env." + variable.key] = variable.value;
  return fields;
}

class FilesBackend final : public Backend {
 public:
  explicit FilesBackend(const Setup& setup) : settings_(setup.config) {}

  void Activate(const Call&) override { std::filesystem::create_directories(settings_.folder()); }

  void Apply(const Call& call, const App& app, const StatusSink& status) override {
    call.Wait(settings_.Time("apply_ms"));
    {
      const FileLock lock(PathOf(app.id) + ".lock");
      Accept("apply", app.id, app.fence);
      WriteFields(PathOf(app.id), FieldsOf(app));
    }
    status.Put(Observe(call, app.id));
  }

  void Remove(const Call& call, const std::string& app, const Fence& fence, bool) override {
    call.Check();
    const FileLock lock(PathOf(app) + ".lock");
    Accept("remove", app, fence);
    WriteFields(PathOf(app), {{"epoch", std::to_string(fence.epoch)},
                              {"generation", std::to_string(fence.generation)}});
  }

  AppStatus Observe(const Call&, const std::string& app) override {
    const Fields fields = ReadFields(PathOf(app));
    AppStatus status;
    status.fence = FenceOf(fields);
    status.exists = Number(fields, "present") == 1;
    status.converged = true;
    if (!status.exists) return Tell(status, NS_REASON_NEVER_DEPLOYED, "there are no files of it");
    status.route_key = TextOf(fields, "route_key");
    status.phases = {{"done", UtcTime(std::chrono::microseconds(Number(fields, "at_us")))}};
    if (Number(fields, "running") == 0) return Tell(status, NS_REASON_STOPPED, "stopped as asked");
    status.state = AppState::kRunning;
    status.container = Container::kRunning;
    status.serving_run_key = TextOf(fields, "run_key");
    status.ready = status.wanted = 1;
    const std::string image = TextOf(fields, "image");
    status.image_digest = image.substr(image.find('@') + 1);
    return Tell(status, NS_REASON_RUNNING, "its files are there");
  }

  void Survey(const Call& call, const std::vector<std::string>& apps,
              const SurveySink& statuses) override {
    for (const std::string& app : apps) statuses.Put(app, Observe(call, app));
  }

  void Watch(const Call& call, const ChangeSink& changes) override {
    changes.AnyMayHaveChanged();
    for (std::error_code ignored;; call.Wait(std::chrono::milliseconds(100))) {
      if (std::filesystem::remove(settings_.folder() + "/look", ignored))
        changes.AnyMayHaveChanged();
    }
  }

  void Logs(const Call&, const LogQuery& query, const LogSink& sink) override {
    sink.Put(Now(), false, "files of " + query.app);
  }

 private:
  std::string PathOf(const std::string& app) const { return settings_.folder() + "/" + app; }

  static AppStatus Tell(AppStatus status, const char* reason, const char* message) {
    status.reason = reason;
    status.message = message;
    return status;
  }

  // Under the lock. Writes down what was asked and throws where the fence is a lower one.
  void Accept(const std::string& what, const std::string& app, const Fence& fence) const {
    const Fence seen = FenceOf(ReadFields(PathOf(app)));
    const bool accepted = fence >= seen;
    AppendLine(PathOf(app) + ".log",
               what + " " + Words(fence) + (accepted ? " accepted" : " refused"));
    if (accepted) return;
    throw Error{NS_E_STALE, NS_REASON_STALE_FENCE,
                "fence " + Words(fence) + " is below " + Words(seen), Fault::kPlatform};
  }

  const Settings settings_;
};

}  // namespace
}  // namespace ns::faults

NS_PLUGIN(ns::faults::FilesBackend, "org.example.backend-files");
