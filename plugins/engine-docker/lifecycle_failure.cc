#include "lifecycle_failure.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "engine/failure.h"

namespace ns::engine_docker {
namespace {

constexpr int kPlatformApi = 11, kBuildpackApi = 12;  // of any phase
constexpr int kNoneFits = 20, kNoneFitsAndOneBroke = 21;
constexpr int kBuildpackFailed = 51;
constexpr int kKilled = 137;

bool HasOne(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

sdk::Error Source(const char* reason, const std::string& message) {
  return {NS_E_PRECONDITION, reason, message, sdk::Fault::kSource};
}
sdk::Error Platform(const char* reason, const std::string& message) {
  return {NS_E_UNAVAILABLE, reason, message, sdk::Fault::kPlatform};
}
sdk::Error Operator(const char* reason, const std::string& message) {
  return {NS_E_PRECONDITION, reason, message, sdk::Fault::kOperator};
}

std::string Short(std::string text) {
  constexpr size_t kLongest = 600;  // bytes
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

constexpr std::string_view kError = "ERROR: ";

bool IsError(const std::string& line) { return line.starts_with(kError); }

// What the lifecycle says last; empty: nothing.
std::string Verdict(const std::vector<std::string>& tail) {
  const auto found = std::find_if(tail.rbegin(), tail.rend(), &IsError);
  if (found != tail.rend()) return Short(found->substr(kError.size()));
  return tail.empty() ? "" : Short(tail.back());
}

// What was written before the lifecycle gave up, as one line.
std::string LastWords(const std::vector<std::string>& tail) {
  constexpr size_t kLines = 5;
  std::vector<std::string> lines;
  for (const std::string& line : tail) {
    if (!IsError(line)) lines.push_back(line);
  }
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  return engine::LastWords(lines);
}

// "fail: heroku/go@1", "err:  a/b@2 (3)", "skip: c@1": each once, in the order of the builder.
std::string Tried(const std::vector<std::string>& tail) {
  std::vector<std::string> names;
  for (const std::string& line : tail) {
    if (!line.starts_with("fail: ") && !line.starts_with("skip: ") && !line.starts_with("err: "))
      continue;
    const size_t begin = line.find_first_not_of(' ', line.find(' '));
    if (begin == std::string::npos) continue;
    const std::string name = line.substr(begin, line.find(' ', begin) - begin);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::string words;
  for (const std::string& name : names) words += (words.empty() ? "" : ", ") + name;
  return words.empty() ? "" : " (tried: " + Short(words) + ")";
}

bool NoAnswer(const std::string& text) {
  return HasOne(
      text, {"dial tcp", "no such host", "connection refused", "connection reset", "i/o timeout",
             "TLS handshake", "deadline exceeded", "EOF", "TOOMANYREQUESTS", "500 Internal",
             "502 Bad", "503 Service", "504 Gateway", "network is unreachable",
             "unsupported status code 5", "unexpected status code 5"});
}

bool Refuses(const std::string& text) {
  return HasOne(text,
                {"UNAUTHORIZED", "DENIED", "401 Unauthorized", "403 Forbidden", "status code 401",
                 "status code 403", "unauthorized:", "authentication required",
                 "no basic auth credentials", "access to the resource is denied"});
}

std::string All(const std::vector<std::string>& tail) {
  std::string text;
  for (const std::string& line : tail) text += line + "\n";
  return text;
}

sdk::Error NoAnswerFrom(const std::string& words) {
  return Platform(NS_REASON_REGISTRY_UNAVAILABLE,
                  "The registry does not answer: " + words + "; `ns doctor` shows it.");
}
sdk::Error RefusalOf(const std::string& words) {
  return {NS_E_UNAUTHENTICATED, NS_REASON_REGISTRY_UNAVAILABLE,
          "The registry refuses: " + words + "; correct `registry` in the configuration.",
          sdk::Fault::kOperator};
}

// The phases that speak to the registry.
sdk::Error AboutTheRegistry(const PhaseEnd& end) {
  const std::string verdict = Verdict(end.tail), all = All(end.tail);
  if (NoAnswer(all)) return NoAnswerFrom(verdict);
  if (Refuses(all)) return RefusalOf(verdict);
  if (end.phase == Phase::kExport)
    return Source(NS_REASON_COMMAND_FAILED,
                  "What the buildpacks made is no image: " + verdict + LastWords(end.tail));
  return Platform(NS_REASON_ENGINE_UNAVAILABLE, "The phase " + std::string(NameOf(end.phase)) +
                                                    " of the build failed: " + verdict + ".");
}

sdk::Error OfDetect(const PhaseEnd& end) {
  if (end.exit_code == kNoneFits)
    return Source(NS_REASON_NO_BUILDPACK_FITS,
                  "None of the builder's buildpacks takes this source" + Tried(end.tail) +
                      "; correct the context, or choose another build method.");
  if (end.exit_code == kNoneFitsAndOneBroke)
    return Source(NS_REASON_NO_BUILDPACK_FITS,
                  "None of the builder's buildpacks takes this source, and one failed while it "
                  "looked" +
                      Tried(end.tail) + "; the build log shows what it said.");
  return Source(NS_REASON_COMMAND_FAILED,
                "Looking for buildpacks failed: " + Verdict(end.tail) + LastWords(end.tail));
}

sdk::Error OfBuild(const PhaseEnd& end) {
  const std::string verdict = Verdict(end.tail);
  return Source(NS_REASON_COMMAND_FAILED,
                (end.exit_code == kBuildpackFailed ? "A buildpack failed: "
                                                   : "The buildpacks' build failed: ") +
                    verdict + LastWords(end.tail));
}

}  // namespace

const char* NameOf(Phase phase) {
  switch (phase) {
    case Phase::kAnalyze:
      return "analyze";
    case Phase::kDetect:
      return "detect";
    case Phase::kRestore:
      return "restore";
    case Phase::kBuild:
      return "build";
    case Phase::kExport:
      return "export";
  }
  return "";
}

sdk::Error LifecycleFailure(const PhaseEnd& end, const std::string& builder,
                            const std::string& platform_api) {
  const std::string name = NameOf(end.phase);
  if (end.exit_code == kPlatformApi)
    return Operator(NS_REASON_UNSUPPORTED,
                    "The lifecycle of the builder " + builder + " does not speak platform API " +
                        platform_api + ": " + Verdict(end.tail) +
                        "; set `platform_api` of the build method, or take another builder.");
  if (end.exit_code == kBuildpackApi)
    return Operator(NS_REASON_UNSUPPORTED, "The builder " + builder +
                                               " holds buildpacks that its own lifecycle does not "
                                               "know: " +
                                               Verdict(end.tail) + "; take another builder.");
  if (end.exit_code == kKilled)
    return Platform(NS_REASON_ENGINE_UNAVAILABLE,
                    "The phase " + name + " of the build was killed by somebody else.");
  if (engine::SaysDiskFull(All(end.tail)) && end.phase != Phase::kBuild)
    return Platform(NS_REASON_ENGINE_UNAVAILABLE,
                    "The disk of the Docker daemon is full; free "
                    "some space: " +
                        Verdict(end.tail));
  if (end.phase == Phase::kDetect) return OfDetect(end);
  if (end.phase == Phase::kBuild) return OfBuild(end);
  return AboutTheRegistry(end);
}

bool SaysNoRunImage(const std::vector<std::string>& tail) {
  return HasOne(Verdict(tail), {"run image", "run-image"});
}

sdk::Error RunImageMissing(const std::string& builder, const std::string& run_image,
                           const std::string& words, const std::string& trouble) {
  if (!trouble.empty())
    return Refuses(trouble) ? RefusalOf(Short(trouble)) : NoAnswerFrom(Short(trouble));
  return Operator(NS_REASON_BASE_IMAGE_UNAVAILABLE,
                  "The run image " +
                      (run_image.empty() ? "that the builder " + builder + " names" : run_image) +
                      " cannot be read: " + Short(words) +
                      "; correct `run_image` of the build method, or see to its registry.");
}

sdk::Error BuilderMissing(const std::string& builder, const std::string& words, bool gone) {
  if (gone)
    return Operator(NS_REASON_BASE_IMAGE_UNAVAILABLE,
                    "The builder image " + builder + " cannot be had: " + Short(words) +
                        " Correct `builder` of the build method.");
  return Platform(NS_REASON_BASE_IMAGE_UNAVAILABLE,
                  "The registry of the builder image " + builder + " does not answer: " +
                      Short(words) + " Check its name and the network of the builder.");
}

sdk::Error NoLifecycle(const std::string& builder, const std::string& words) {
  return Operator(NS_REASON_BASE_IMAGE_UNAVAILABLE,
                  "The image " + builder + " is no builder of Cloud Native Buildpacks: " +
                      Short(words) + "; correct `builder` of the build method.");
}

}  // namespace ns::engine_docker
