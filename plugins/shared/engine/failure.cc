#include "engine/failure.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string_view>

namespace ns::engine {
namespace {

using Words = std::initializer_list<std::string_view>;

bool HasOne(const std::string& text, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

constexpr std::string_view kFrontend = "failed to solve with frontend dockerfile.v0: ";

std::string Short(std::string text) {
  constexpr size_t kLongest = 600;
  for (const std::string_view prefix :
       {kFrontend, std::string_view("failed to create LLB definition: "),
        std::string_view("ERROR: "), std::string_view("error: "),
        std::string_view("failed to solve: "), std::string_view("failed to build LLB: ")}) {
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  }
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

// The daemon, or the way to it, was lost.
bool EngineLost(const std::string& text) {
  return HasOne(
      text, {"Cannot connect to the Docker daemon", "error during connect", "transport is closing",
             "code = Unavailable", "error reading from server: EOF", "/_ping",
             "Is the docker daemon running", "buildkit session", "no active session", "dial unix",
             "server did not provide an image ID", "failed to list workers", "no active sessions"});
}

// A step of the Dockerfile itself ended badly, whatever its own words are.
bool StepFailed(const std::string& text) {
  return HasOne(text, {"executor failed running", "did not complete successfully: exit code",
                       "parse error", "unknown instruction"});
}

// The step that failed stands between two rules: " > [2/2] RUN make:". These are the ones that
// fetch what FROM and COPY --from name.
bool BaseImage(const std::vector<std::string>& tail) {
  return std::any_of(tail.begin(), tail.end(), [](const std::string& line) {
    return line.starts_with(" > [internal] load metadata for ") || line.starts_with(" > FROM ") ||
           (line.starts_with(" > [") && line.find("] FROM ") != std::string::npos);
  });
}

constexpr std::string_view kExecutor = "executor failed running";

// A script of several lines is quoted as it is: "executor failed running [/bin/sh -c one", "two]:
// exit code: 7". Of a long one the beginning is not among the last lines any more. Empty: no such
// words.
std::string ExecutorFailure(const std::vector<std::string>& tail) {
  const auto first = std::find_if(tail.rbegin(), tail.rend(), [](const std::string& line) {
    return line.starts_with(kExecutor);
  });
  if (first != tail.rend() && first->find("]: exit code: ") != std::string::npos) return *first;
  if (tail.empty() || tail.back().starts_with("#")) return "";
  const size_t end = tail.back().rfind("]: exit code: ");
  if (end == std::string::npos) return "";
  return (first == tail.rend() ? std::string(kExecutor) + " [" : *first) + " ..." +
         tail.back().substr(end);
}

// The line that says it: "executor failed running ..." and what follows "failed to solve", else the
// last one.
std::string Verdict(const std::vector<std::string>& tail) {
  if (std::string failure = ExecutorFailure(tail); !failure.empty()) return failure;
  const auto says = [](const std::string& line) {
    return !line.starts_with("#") && !line.starts_with(" >") &&
           (StepFailed(line) || line.starts_with("failed to ") || line.starts_with("ERROR: ") ||
            line.starts_with("error: "));
  };
  const auto found = std::find_if(tail.rbegin(), tail.rend(), says);
  if (found != tail.rend()) return *found;
  return tail.empty() ? "the builder said nothing" : tail.back();
}

std::string Sentence(std::string text) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

sdk::Error Platform(const char* reason, const std::string& message) {
  return {NS_E_UNAVAILABLE, reason, message, sdk::Fault::kPlatform};
}
sdk::Error Source(const char* reason, const std::string& message) {
  return {NS_E_PRECONDITION, reason, message, sdk::Fault::kSource};
}

}  // namespace

bool SaysNoAnswer(const std::string& text) {
  return HasOne(text, {"dial tcp", "no such host", "connection refused", "connection reset",
                       "i/o timeout", "TLS handshake", "deadline exceeded", "EOF",
                       "toomanyrequests", "unexpected status code [manifests", "500 ", "502 ",
                       "503 ", "504 ", "network is unreachable"});
}

bool SaysDiskFull(const std::string& text) {
  return HasOne(text, {"no space left on device", "disk quota exceeded"});
}

std::string LastWords(const std::vector<std::string>& said) {
  if (said.empty()) return "";
  std::string words;
  for (const std::string& line : said) words += (words.empty() ? "" : " | ") + line;
  constexpr size_t kLongest = 400;  // bytes, of the end
  if (words.size() > kLongest) words = "..." + words.substr(words.size() - kLongest);
  return "; its last words: " + words;
}

sdk::Error BuildFailure(const std::string& builder, const std::vector<std::string>& tail,
                        bool answers, const std::vector<std::string>& said) {
  const std::string verdict = Verdict(tail);
  if (!answers)
    return Platform(NS_REASON_ENGINE_UNAVAILABLE, Sentence(builder) + " ended during the build: " +
                                                      Short(verdict) + "; `ns doctor` tells more.");
  if (StepFailed(verdict))
    return Source(NS_REASON_COMMAND_FAILED,
                  "A step of the build failed: " + Short(verdict) + LastWords(said));
  if (EngineLost(verdict))
    return Platform(NS_REASON_ENGINE_UNAVAILABLE, Sentence(builder) + " was lost: " +
                                                      Short(verdict) + "; `ns doctor` tells more.");
  if (SaysDiskFull(verdict))
    return Platform(NS_REASON_ENGINE_UNAVAILABLE,
                    "The disk of " + builder + " is full; free some space: " + Short(verdict));
  if (!BaseImage(tail))
    return Source(NS_REASON_COMMAND_FAILED, "The build failed: " + Short(verdict));
  if (SaysNoAnswer(verdict)) {
    return Platform(NS_REASON_BASE_IMAGE_UNAVAILABLE,
                    "The registry of a base image does not answer: " + Short(verdict) +
                        "; check the image's name and the network of the builder.");
  }
  return Source(NS_REASON_BASE_IMAGE_UNAVAILABLE,
                "A base image cannot be had: " + Short(verdict) + "; correct its name.");
}

std::string RefusedPush(const std::vector<std::string>& tail) {
  const bool exporting = std::any_of(tail.begin(), tail.end(), [](const std::string& line) {
    return line.starts_with(" > exporting to image");
  });
  const std::string verdict = Verdict(tail);
  return exporting && !SaysDiskFull(verdict) && !EngineLost(verdict) ? Short(verdict) : "";
}

sdk::Error PushFailure(const std::string& reference, const std::string& message) {
  const std::string what = "The registry did not take " + reference + ": " + Short(message);
  if (!HasOne(message, {"unauthorized", "Unauthorized", "Forbidden", "authentication required",
                        "denied", "no basic auth"}))
    return Platform(NS_REASON_REGISTRY_UNAVAILABLE, what + "; `ns doctor` shows the registry.");
  return {NS_E_UNAUTHENTICATED, NS_REASON_REGISTRY_UNAVAILABLE,
          what + "; correct `registry` in the configuration.", sdk::Fault::kOperator};
}

}  // namespace ns::engine
