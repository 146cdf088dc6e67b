#include "act/build_job.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include "act/artifact.h"
#include "act/engine_choice.h"
#include "act/pause.h"
#include "act/source_folder.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "model/shell_words.h"
#include "plan/builds.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDeskDeadline = 10s;
constexpr Duration kCheckoutDeadline = 10min;
constexpr Duration kPlanDeadline = 1min;
constexpr Duration kPutDeadline = 15min;            // 4 GiB at 5 MB a second
constexpr Duration kPutAgain = 1s, kPutWait = 16s;  // the first wait and the longest
constexpr Duration kRunDeadline = 8 * 24h;          // engines take no limit as long as that

Status Of(Fault fault, Code code, std::string reason, std::string message) {
  Status status(code, std::move(reason), std::move(message));
  return status.SetFault(fault);
}

// The text of the plan's Dockerfile, as far as it tells what it needs.
std::string DockerfileOf(const std::string& source, const ports::BuildPlan& plan) {
  constexpr size_t kMost = 1 << 20;  // bytes
  if (!plan.dockerfile_text.empty() || plan.dockerfile_path.empty()) return plan.dockerfile_text;
  std::ifstream file(std::filesystem::path(source) / plan.dockerfile_path, std::ios::binary);
  std::string text(kMost, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

class Job {
 public:
  Job(const BuilderParts& parts, const model::Build& build, BuildLog& log, std::stop_token cancel)
      : parts_(parts),
        build_(build),
        claim_{build.id, build.lease.token},
        log_(log),
        cancel_(std::move(cancel)) {}

  Result<model::Image> Run() {
    NS_ASSIGN(order_, parts_.desk.Order(Within(kDeskDeadline), claim_));
    NS_ASSIGN(ports::BuildMethod * method, Method());
    NS_TRY(Checkout());
    Failpoint("build.checked-out");
    NS_ASSIGN(ports::BuildPlan plan, Plan(*method));
    NS_ASSIGN(ports::BuildEngine * engine, Engine(plan));
    return Execute(*engine, std::move(plan));
  }

 private:
  ports::Call Within(Duration limit) const { return {cancel_, parts_.clock.Monotonic() + limit}; }

  void Phase(const std::string& phase, const std::string& message) {
    log_.Write("-- " + message + "\n");
    const Status stored = parts_.desk.Phase(Within(kDeskDeadline), claim_, phase, message);
    if (!stored.ok())
      log::Debug("a build's phase is not recorded",
                 {{"build", build_.id.str()}, {"error", stored.ToString()}});
  }

  Result<ports::BuildMethod*> Method() const {
    const auto found = parts_.methods.find(order_.method);
    if (found != parts_.methods.end()) return found->second;
    return Of(Fault::kOperator, Code::kPrecondition, "BuildMethodNotLoaded",
              "no plugin for the build method \"" + order_.method +
                  "\" is loaded on this builder; add it under `plugins` in its configuration");
  }

  Result<ports::BuildEngine*> Engine(const ports::BuildPlan& plan) const {
    std::vector<ports::EngineAbilities> abilities;
    for (ports::BuildEngine* engine : parts_.engines) abilities.push_back(engine->Abilities());
    NS_ASSIGN(const size_t chosen,
              ChooseEngine(NeedsOf(plan, DockerfileOf(source_->path(), plan)), abilities));
    return parts_.engines[chosen];
  }

  Status Checkout() {
    Phase("checkout", "checkout of commit " + build_.commit);
    NS_ASSIGN(SourceFolder folder, SourceFolder::Make(parts_.folder + "/" + SourceName(build_)));
    source_.emplace(std::move(folder));
    const ports::LargeFiles large{
        true, [this](const std::string& text) { log_.Write("-- " + text + "\n"); }};
    return parts_.git.Checkout(Within(kCheckoutDeadline), order_.remote, build_.commit,
                               source_->path(), large);
  }

  Result<ports::BuildPlan> Plan(ports::BuildMethod& method) {
    Phase("plan", "build method " + order_.method);
    ports::BuildRequest request;
    request.app = order_.app;
    request.build = build_.id;
    request.source = source_->path();
    request.settings = order_.settings;
    request.artifact_path = order_.artifact_path;
    NS_ASSIGN(request.entrypoint, model::ParseCommand(order_.entrypoint));
    NS_ASSIGN(request.command, model::ParseCommand(order_.command));
    request.env = order_.env;
    return method.Plan(Within(kPlanDeadline), request);
  }

  Result<model::Image> Execute(ports::BuildEngine& engine, ports::BuildPlan plan) {
    ports::EngineJob job;
    job.app = order_.app;
    job.build = build_.id;
    job.attempt = build_.attempt;
    job.source = source_->path();
    job.reference = order_.image + ":" + SourceName(build_);
    job.push_username = order_.registry_username;
    job.push_password = order_.registry_password;
    job.plan = std::move(plan);
    std::unique_ptr<ArtifactMaker> maker;
    if (!job.plan.export_path.empty()) {
      NS_ASSIGN(maker, ArtifactMaker::Make(parts_.folder + "/" + SourceName(build_) + ".artifact"));
      job.artifact = [&maker](std::string_view tar) { return maker->Take(tar); };
    }
    const ports::Call call = Within(kRunDeadline);
    if (build_.attempt > 1) NS_TRY(engine.Abort(call, build_.id));  // what a lost attempt has left
    Phase("build", "building");
    Failpoint("build.running");
    NS_ASSIGN(ports::EngineOutput output,
              engine.Run(call, job, [this](std::string_view bytes) { log_.Write(bytes); }));
    if (maker) return Keep(*maker);
    Phase("pushed", "pushed " + output.image.Pinned());
    return std::move(output.image);
  }

  Result<model::Image> Keep(ArtifactMaker& maker) {
    Phase("pack", "packing the artifact");
    NS_ASSIGN(const PackedArtifact artifact, maker.Pack());
    Failpoint("build.packed");
    NS_ASSIGN(model::Image kept, Put(artifact));
    Phase("pushed", "kept the artifact: " + std::to_string(artifact.entries) +
                        " files and folders, " + std::to_string(artifact.digest.size) + " bytes, " +
                        kept.digest);
    return kept;
  }

  // Its making may have taken long: a storage or a controller that is away for a moment shall not
  // cost all of it.
  Result<model::Image> Put(const PackedArtifact& artifact) {
    for (Duration wait = kPutAgain;; wait *= 2) {
      NS_ASSIGN(archive::InFile file, archive::InFile::Open(artifact.file));
      auto kept =
          parts_.desk.PutArtifact(Within(kPutDeadline), claim_, artifact.digest,
                                  [&file](char* to, size_t most) { return file.Read(to, most); });
      const bool passes = kept.status().code() == Code::kUnavailable;
      if (!passes || wait > kPutWait || cancel_.stop_requested()) return kept;
      log_.Write("-- the artifact is not kept yet, trying again: " + kept.status().message() +
                 "\n");
      Pause(cancel_, wait);
    }
  }

  const BuilderParts& parts_;
  const model::Build& build_;
  const ports::Claim claim_;
  BuildLog& log_;
  const std::stop_token cancel_;
  ports::BuildOrder order_;
  std::optional<SourceFolder> source_;
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

model::BuildResult RunBuild(const BuilderParts& parts, const model::Build& build, BuildLog& log,
                            const std::stop_token& cancel) {
  const Result<model::Image> image = Job(parts, build, log, cancel).Run();
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
