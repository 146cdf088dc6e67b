// An engine whose images are files: <folder>/images/<repository>/<tag> holds the digest, which
// follows from the reference alone, and what the source says in its file `version`.
// <folder>/runs/<build>-<attempt> is there while an attempt runs; Abort removes what a dead one has
// left. No attempt ends while <folder>/hold is there. An export is a site of one page that says the
// version.
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

// Of one small file.
std::string TarOf(const std::string& name, const std::string& content) {
  std::string header(512, '\0');
  const auto put = [&](size_t at, const std::string& text) {
    header.replace(at, text.size(), text);
  };
  std::array<char, 16> octal{};
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  std::snprintf(octal.data(), octal.size(), "%011zo", content.size());
  put(124, octal.data());
  put(136, "00000000000");
  put(156, "0");
  put(257, std::string("ustar\0"
                       "00",
                       8));
  put(148, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(octal.data(), octal.size(), "%06o", sum);
  put(148, octal.data() + std::string(1, '\0'));
  std::string body = content;
  body.resize((content.size() + 511) / 512 * 512, '\0');
  return header + body + std::string(1024, '\0');
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
    can.dockerfile = can.secrets = can.exports = can.memory_limit = can.time_limit = true;
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
    if (!job.plan.export_path.empty()) return Export(job, version);
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

  // A site of one page, index.html, which says the version.
  static EngineResult Export(const EngineJob& job, const std::string& version) {
    if (!job.artifact) throw Error{NS_E_INVALID, "", "nobody takes the export", Fault::kPlatform};
    const std::string tar = TarOf("index.html", version + "\n");
    job.artifact->Write(tar);
    return {"", static_cast<int64_t>(tar.size()), ResultKind::kArtifact};
  }

  std::string Images() const { return settings_.folder() + "/images"; }
  std::string Runs() const { return settings_.folder() + "/runs"; }

  const Settings settings_;
};

}  // namespace
}  // namespace ns::faults

NS_PLUGIN(ns::faults::FilesEngine, "org.example.engine-files");
