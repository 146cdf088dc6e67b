// `ns build show` and `ns build artifact`.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "build.h"
#include "failure.h"
#include "text.h"

namespace ns::cli {
namespace {

struct Given {
  std::string build, file;
};

// "Say so (Alice)" of its commit, where it is known.
std::string CommitText(Context& context, const std::string& commit) {
  api::GetRepositoryCommitsRequest request;
  request.add_hashes(commit);
  const auto known =
      context.Api<api::GetRepositoryCommitsResponse>("GetRepositoryCommits", request);
  if (known.commits().empty()) return commit;
  const std::string& message = known.commits(0).message();
  return commit + "  " + Plain(message.substr(0, message.find('\n'))) + " (" +
         Plain(known.commits(0).author_name()) + ")";
}

void Show(Context& context, const std::string& build) {
  platform::BuildStatusRequest request;
  request.set_build_id(BuildIdOf(context, build));
  const auto status = context.Platform<platform::BuildStatus>("GetBuildStatus", request);
  if (context.json) return context.Print(status, "");
  const platform::BuildSummary& one = status.build();
  std::string outcome = one.status();
  if (!one.reason().empty()) outcome += ", " + one.reason();
  if (!one.message().empty()) outcome += ": " + Plain(one.message());
  std::vector<std::vector<std::string>> rows = {{"id", request.build_id()},
                                                {"commit", CommitText(context, one.commit())},
                                                {"status", outcome},
                                                {"attempt", std::to_string(one.attempt())},
                                                {"queued", Ago(one.queued_at(), NowSeconds())},
                                                {"ended", Ago(one.finished_at(), NowSeconds())}};
  for (const auto& condition : status.conditions())
    rows.push_back({Lowered(condition.type()), std::string(condition.ok() ? "ok, " : "NOT ok, ") +
                                                   condition.reason() + ": " +
                                                   Plain(condition.message())});
  const auto whole = BuildOf(context, request.build_id());
  for (const auto& artifact : whole.artifacts())
    rows.push_back({"artifact", artifact.id() + ", " + std::to_string(artifact.size()) + " bytes" +
                                    (artifact.deleted_at().valid() ? ", deleted" : "")});
  context.Print(Table(rows));
}

std::string ArtifactOf(Context& context, const std::string& build) {
  const auto whole = BuildOf(context, BuildIdOf(context, build));
  if (whole.artifacts().empty())
    throw Failure(Exit::kNotFound, "The build " + whole.id() +
                                       " has no artifact: those of static "
                                       "sites that succeeded have one.");
  return whole.artifacts(0).id();
}

// Piece by piece, so that its size does not matter.
int64_t Write(Context& context, const std::string& artifact,
              const std::function<void(const std::string&)>& write) {
  platform::ReadBuildArtifactRequest request;
  request.set_artifact_id(artifact);
  request.set_max_bytes(1 << 20);
  for (;;) {
    const auto piece =
        context.Platform<platform::ReadBuildArtifactResponse>("ReadBuildArtifact", request);
    write(piece.data());
    if (piece.finished() || piece.next_offset() <= request.offset()) return piece.next_offset();
    request.set_offset(piece.next_offset());
  }
}

// A file that comes piece by piece: beside the one of that name, which stays as it was until all of
// it has come. What is no regular file, such as a pipe, is written to as it is.
class Download {
 public:
  explicit Download(const std::string& path) : target_(path) {
    std::error_code error;
    const auto there = std::filesystem::status(path, error);
    const bool is_file = std::filesystem::is_regular_file(there);
    if (is_file) target_ = std::filesystem::canonical(path, error).string();
    name_ = target_;
    if (is_file || !std::filesystem::exists(there))
      name_ += "." + std::to_string(::getpid()) + ".part";
    file_.open(name_, std::ios::binary);
    Check(file_.is_open());
  }
  ~Download() {
    if (name_ != target_) ::unlink(name_.c_str());  // there is none any more where all went well
  }
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  void Add(const std::string& bytes) { Check(bool(file_ << bytes)); }
  void Finish() {
    file_.close();
    Check(!file_.fail() && (name_ == target_ || ::rename(name_.c_str(), target_.c_str()) == 0));
  }

 private:
  void Check(bool well) const {
    if (!well)
      throw Failure(Exit::kFailed, target_ + " cannot be written: " + std::strerror(errno) + ".");
  }

  std::string target_, name_;
  std::ofstream file_;
};

void Artifact(Context& context, const Given& given) {
  const bool out = given.file == "-";
  if (out && ::isatty(STDOUT_FILENO) == 1)
    throw Failure(Exit::kUsage, "A .tar.gz is nothing for a terminal; give -o FILE, or pipe it.");
  const std::string artifact = ArtifactOf(context, given.build);
  if (out) {
    Write(context, artifact, [&](const std::string& bytes) { context.Print(bytes); });
    return;
  }
  Download file(given.file);
  const int64_t size = Write(context, artifact, [&](const std::string& bytes) { file.Add(bytes); });
  file.Finish();
  context.Done(std::to_string(size) + " bytes in " + given.file + ".");
}

}  // namespace

api::GetBuildsResponse BuildsOf(Context& context, const std::string& app) {
  api::ApplicationIdRequest request;
  request.set_id(FindApplication(context, app).id());
  return context.Api<api::GetBuildsResponse>("GetBuilds", request);
}

std::string BuildIdOf(Context& context, const std::string& given) {
  if (given.size() == 22 && given.find_first_not_of("0123456789abcdef") == std::string::npos) {
    api::BuildIdRequest request;
    request.set_build_id(given);
    try {
      return context.Api<api::Build>("GetBuild", request).id();
    } catch (const Refused& refused) {
      if (refused.code() != "not_found") throw;
    }
  }
  const auto all = BuildsOf(context, given);
  if (all.builds().empty())
    throw Failure(Exit::kNotFound,
                  "'" + given + "' has no build yet; `ns status " + given + "` tells why.");
  return all.builds(0).id();
}

api::Build BuildOf(Context& context, const std::string& id) {
  api::BuildIdRequest request;
  request.set_build_id(id);
  return context.Api<api::Build>("GetBuild", request);
}

void AddBuildResults(CLI::App& noun, Context& context) {
  auto given = std::make_shared<Given>();
  const std::string which = "id of a build, or an application: its newest";
  auto* show = noun.add_subcommand("show", "how it ended and why, its commit and what it made");
  show->add_option("BUILD", given->build, which)->required();
  show->callback([&context, given] { Show(context, given->build); });
  auto* artifact = noun.add_subcommand("artifact", "the site that it made, as a .tar.gz");
  artifact->add_option("BUILD", given->build, which)->required();
  artifact->add_option("-o,--output-file", given->file, "where it goes; - is standard output")
      ->required();
  artifact->callback([&context, given] { Artifact(context, *given); });
}

}  // namespace ns::cli
