// An engine whose images are files: <folder>/images/<repository>/<tag> holds the digest, which
// follows from the reference alone, and what the source says in its file `version`.
// <folder>/runs/<build>-<attempt> is there while an attempt runs; Abort removes what a dead one has
// left. No attempt ends while <folder>/hold is there.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "files.h"
#include "ns/sdk/engine.h"
#include "ns/sdk/plugin.h"

namespace ns::faults {
namespace {

namespace fs = std::filesystem;
using namespace sdk;

constexpr int kLines = 10;  // of the log of one build
constexpr auto kGlance = std::chrono::milliseconds(20);

// 64 hex digits out of four FNV-1a sums; unlike for unlike references, which is all it is for.
std::string DigestOf(const std::string& reference) {
  std::string digest = "sha256:";
  for (int part = 0; part < 4; ++part) {
    uint64_t sum = 14695981039346656037u + static_cast<uint64_t>(part);
    for (const char c : reference) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
    std::array<char, 17> hex{};
    std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(sum));
    digest += hex.data();
  }
  return digest;
}

std::string VersionIn(const std::string& source) {
  std::ifstream file(source + "/version");
  std::string version;
  if (!std::getline(file, version))
    throw Error{NS_E_INVALID, NS_REASON_COMMAND_FAILED, "the source has no file `version`",
                Fault::kSource};
  return version;
}

class FilesEngine final : public Engine {
 public:
  explicit FilesEngine(const Setup& setup) : settings_(setup.config) {}

  void Activate(const Call&) override {
    fs::create_directories(Images());
    fs::create_directories(Runs());
  }

  EngineAbilities Abilities() noexcept override {
    EngineAbilities can;
    can.dockerfile = can.secrets = can.memory_limit = can.time_limit = true;
    return can;
  }

  EngineResult Run(const Call& call, const EngineJob& job, const ByteSink& log) override {
    const std::string run = Runs() + "/" + job.build + "-" + std::to_string(job.attempt);
    WriteFields(run, {{"reference", job.reference}});
    const Leave leave(run);
    const std::string version = VersionIn(job.source);
    for (int line = 1; line <= kLines; ++line) {
      call.Wait(settings_.Time("build_ms") / kLines);
      log.Write("step " + std::to_string(line) + " of version " + version + "\n");
    }
    while (fs::exists(settings_.folder() + "/hold")) call.Wait(kGlance);
    const size_t slash = job.reference.find('/'), colon = job.reference.rfind(':');
    const std::string folder = Images() + job.reference.substr(slash, colon - slash);
    fs::create_directories(folder);
    WriteFields(folder + "/" + job.reference.substr(colon + 1),
                {{"digest", DigestOf(job.reference)}, {"version", version}});
    return {DigestOf(job.reference), 1};
  }

  void Abort(const Call&, const std::string& build) override {
    for (const auto& entry : fs::directory_iterator(Runs())) {
      if (entry.path().filename().string().starts_with(build + "-")) fs::remove(entry.path());
    }
  }

 private:
  // Takes the file of a run away at its end.
  class Leave {
   public:
    explicit Leave(fs::path path) : path_(std::move(path)) {}
    ~Leave() {
      std::error_code ignored;
      fs::remove(path_, ignored);
    }
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;

   private:
    const fs::path path_;
  };

  std::string Images() const { return settings_.folder() + "/images"; }
  std::string Runs() const { return settings_.folder() + "/runs"; }

  const Settings settings_;
};

}  // namespace
}  // namespace ns::faults

NS_PLUGIN(ns::faults::FilesEngine, "org.example.engine-files");
