#include "act/build_job.h"

#include <filesystem>

#include "base/failpoint.h"
#include "base/log.h"
#include "model/shell_words.h"
#include "plan/builds.h"
#include "plan/keys.h"

namespace ns::act {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Duration kCheckoutDeadline = 10min;
constexpr Duration kPlanDeadline = 1min;
constexpr Duration kRunDeadline = 2h;  // an engine's own limit is lower

Status Of(Fault fault, Code code, std::string reason, std::string message) {
  Status status(code, std::move(reason), std::move(message));
  return status.SetFault(fault);
}

// A folder that goes with its owner.
class SourceFolder {
 public:
  explicit SourceFolder(fs::path path) : path_(std::move(path)) { Remove(); }
  ~SourceFolder() { Remove(); }
  SourceFolder(const SourceFolder&) = delete;
  SourceFolder& operator=(const SourceFolder&) = delete;

  std::string path() const { return path_.string(); }
  Status Make() const {
    std::error_code error;
    fs::create_directories(path_, error);
    if (!error) return Status();
    return Of(Fault::kPlatform, Code::kUnavailable, "DiskUnavailable",
              "cannot make the folder " + path() + ": " + error.message());
  }

 private:
  void Remove() const {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const fs::path path_;
};

class Job {
 public:
  Job(const Parts& parts, const BuildParts& build_parts, const model::Build& build, LogWriter& log,
      std::stop_token cancel)
      : parts_(parts),
        build_parts_(build_parts),
        build_(build),
        log_(log),
        cancel_(std::move(cancel)),
        source_(fs::path(build_parts.folder) / SourceName(build)) {}

  Result<model::Image> Run() {
    NS_TRY(Load());
    NS_ASSIGN(ports::BuildMethod * method, Method());
    NS_ASSIGN(ports::BuildEngine * engine, Engine());
    NS_TRY(Checkout());
    Failpoint("build.checked-out");
    NS_ASSIGN(ports::BuildPlan plan, Plan(*method));
    return Execute(*engine, std::move(plan));
  }

 private:
  ports::Call Within(Duration limit) const { return {cancel_, parts_.clock.Monotonic() + limit}; }

  void Phase(const std::string& phase, const std::string& message) {
    log_.Write("-- " + message + "\n");
    model::Event event;
    event.subject = model::Subject::kBuild;
    event.subject_id = build_.id.str();
    event.actor = "platform";
    event.kind = "build.phase";
    event.reason = phase;
    event.message = message;
    const Status stored = parts_.store.events.Append(event);
    if (!stored.ok())
      log::Debug("a build's phase is not recorded",
                 {{"build", build_.id.str()}, {"error", stored.ToString()}});
  }

  Status Load() {
    NS_ASSIGN(model::AppSnapshot snapshot, parts_.store.deploys.Snapshot(build_.app));
    app_ = std::move(snapshot.app);
    if (app_.deleted || plan::BuildKey(build_parts_.key, app_, build_.commit) != build_.build_key) {
      return {Code::kCancelled, model::kSuperseded,
              "the application has changed since this build was asked for"};
    }
    NS_ASSIGN(repository_, parts_.store.repositories.Get(app_.repository));
    return Status();
  }

  Result<ports::BuildMethod*> Method() const {
    const auto found = build_parts_.methods.find(app_.build.method);
    if (found != build_parts_.methods.end()) return found->second;
    return Of(Fault::kOperator, Code::kPrecondition, "BuildMethodNotLoaded",
              "no plugin for the build method \"" + app_.build.method +
                  "\" is loaded on this builder; add it under `plugins` in its configuration");
  }

  Result<ports::BuildEngine*> Engine() const {
    for (ports::BuildEngine* engine : build_parts_.engines) {
      if (engine->Abilities().dockerfile) return engine;
    }
    return Of(Fault::kOperator, Code::kPrecondition, "EngineNotLoaded",
              "no engine that builds Dockerfiles is loaded on this builder; name one under "
              "`engines` in its configuration");
  }

  Status Checkout() {
    Phase("checkout", "checkout of commit " + build_.commit);
    NS_TRY(source_.Make());
    const ports::Remote remote{repository_.id, repository_.url, repository_.credentials};
    return parts_.git.Checkout(Within(kCheckoutDeadline), remote, build_.commit, source_.path());
  }

  Result<ports::BuildPlan> Plan(ports::BuildMethod& method) {
    Phase("plan", "build method " + app_.build.method);
    ports::BuildRequest request;
    request.app = app_.id;
    request.build = build_.id;
    request.source = source_.path();
    request.settings = app_.build.settings;
    request.artifact_path = app_.artifact_path;
    NS_ASSIGN(request.entrypoint, model::ParseCommand(app_.run.entrypoint));
    NS_ASSIGN(request.command, model::ParseCommand(app_.run.command));
    for (const model::EnvVar& variable : app_.env) {
      if (variable.InBuild()) request.env.push_back(variable);
    }
    return method.Plan(Within(kPlanDeadline), request);
  }

  Result<model::Image> Execute(ports::BuildEngine& engine, ports::BuildPlan plan) {
    ports::EngineJob job;
    job.app = app_.id;
    job.build = build_.id;
    job.attempt = build_.attempt;
    job.source = source_.path();
    job.reference = parts_.registry.RepositoryFor(app_.id) + ":" + build_.id.str() + "-" +
                    std::to_string(build_.attempt);
    job.plan = std::move(plan);
    const ports::Call call = Within(kRunDeadline);
    if (build_.attempt > 1) NS_TRY(engine.Abort(call, build_.id));  // what a lost attempt has left
    Phase("build", "building");
    Failpoint("build.running");
    NS_ASSIGN(model::Image image,
              engine.Run(call, job, [this](std::string_view bytes) { log_.Write(bytes); }));
    Phase("pushed", "pushed " + image.Pinned());
    return image;
  }

  const Parts& parts_;
  const BuildParts& build_parts_;
  const model::Build& build_;
  LogWriter& log_;
  const std::stop_token cancel_;
  const SourceFolder source_;
  model::Application app_;
  model::Repository repository_;
};

// Failures of our own parts are the platform's fault unless somebody said otherwise.
Status WithFault(Status status) {
  if (status.fault() != Fault::kUnknown) return status;
  const Code code = status.code();
  const bool input = code == Code::kInvalid || code == Code::kNotFound || code == Code::kDenied ||
                     code == Code::kUnauthenticated;
  return status.SetFault(input ? Fault::kSource : Fault::kPlatform);
}

}  // namespace

std::string SourceName(const model::Build& build) {
  return build.id.str() + "-" + std::to_string(build.attempt);
}

model::BuildResult RunBuild(const Parts& parts, const BuildParts& build_parts,
                            const model::Build& build, LogWriter& log,
                            const std::stop_token& cancel) {
  const Result<model::Image> image = Job(parts, build_parts, build, log, cancel).Run();
  model::BuildResult result;
  if (image.ok()) {
    result.status = model::BuildStatus::kSucceeded;
    result.image = *image;
    log.Write("-- succeeded\n");
    return result;
  }
  const Status failure = WithFault(image.status());
  result = plan::AfterFailure(failure, build.attempt);
  if (result.status == model::BuildStatus::kCancelled) {
    log.Write("-- cancelled\n");
  } else {
    log.Write("-- failed [" + failure.reason() + "]: " + failure.message() + "\n");
    if (result.status == model::BuildStatus::kQueued)
      log.Write("-- the platform is at fault: it tries again by itself\n");
  }
  return result;
}

}  // namespace ns::act
