#include "failure.h"

#include <algorithm>

#include "engine/failure.h"

namespace ns::engine_buildah {
namespace {

constexpr std::string_view kError = "Error: ";
constexpr std::string_view kStep = "Error: building at STEP \"";
constexpr std::string_view kExit = "while running runtime: exit status ";
constexpr size_t kSaid = 5;  // lines

bool Has(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

// Its own error comes last, on several lines where it quotes a script.
size_t ErrorAt(const std::vector<std::string>& tail) {
  for (size_t at = tail.size(); at-- > 0;)
    if (tail[at].starts_with(kError)) return at;
  return tail.size();
}

std::string Joined(const std::vector<std::string>& lines, size_t from) {
  std::string text;
  for (size_t at = from; at < lines.size(); ++at) text += (text.empty() ? "" : " ") + lines[at];
  constexpr size_t kLongest = 600;  // bytes; the end tells most
  if (text.size() > kLongest) text = text.substr(0, 200) + " ... " + text.substr(text.size() - 400);
  return text;
}

// What the last step printed.
std::vector<std::string> Said(const std::vector<std::string>& tail, size_t end) {
  size_t begin = end;
  while (begin > 0 && end - begin < kSaid && !tail[begin - 1].starts_with("STEP ") &&
         !tail[begin - 1].starts_with("--> "))
    --begin;
  return {tail.begin() + static_cast<std::ptrdiff_t>(begin),
          tail.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::string WithoutError(std::string text) {
  if (text.starts_with(kError)) text.erase(0, kError.size());
  return text;
}

sdk::Error DiskFull(const std::string& words) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
          "The disk of the builder is full; free some space: " + words, sdk::Fault::kPlatform};
}

sdk::Error NoBase(const std::string& words) {
  if (engine::SaysNoAnswer(words))
    return {NS_E_UNAVAILABLE, NS_REASON_BASE_IMAGE_UNAVAILABLE,
            "The registry of a base image does not answer: " + words +
                "; check the image's name and the network of the builder.",
            sdk::Fault::kPlatform};
  return {NS_E_PRECONDITION, NS_REASON_BASE_IMAGE_UNAVAILABLE,
          "A base image cannot be had: " + words + "; correct its name.", sdk::Fault::kSource};
}

sdk::Error Ended(const std::string& words, int exit_code) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
          "buildah ended with code " + std::to_string(exit_code) + ": " + words,
          sdk::Fault::kPlatform};
}

constexpr const char* kSilence = "buildah said nothing";

}  // namespace

sdk::Error BuildFailure(const std::vector<std::string>& tail, int exit_code) {
  const size_t at = ErrorAt(tail);
  const std::string error = tail.empty() ? kSilence : Joined(tail, at);
  const auto source = [](const char* reason, const std::string& what) {
    return sdk::Error(NS_E_PRECONDITION, reason, what, sdk::Fault::kSource);
  };
  if (const size_t exit = error.rfind(kExit); exit != std::string::npos && error.starts_with(kStep))
    return source(NS_REASON_COMMAND_FAILED,
                  "A step of the build failed: " + error.substr(kStep.size(), exit - kStep.size()) +
                      "exit code: " + error.substr(exit + kExit.size()) +
                      engine::LastWords(Said(tail, at)));
  const std::string words = WithoutError(error);
  if (engine::SaysDiskFull(words)) return DiskFull(words);
  if (Has(words, "creating build container: ") || Has(words, "initializing source docker://") ||
      Has(words, "no stage or image found with that name"))
    return NoBase(words);
  if (exit_code > 128 || error == kSilence) return Ended(words, exit_code);
  return source(NS_REASON_COMMAND_FAILED, "The build failed: " + words);
}

sdk::Error PullFailure(const std::string& image, const std::vector<std::string>& tail,
                       int exit_code) {
  const std::string words = PushWords(tail);
  if (engine::SaysDiskFull(words)) return DiskFull(words);
  if (exit_code > 128 || words == kSilence) return Ended(words, exit_code);
  return NoBase(image + ": " + words);
}

sdk::Error NoSandbox(const std::vector<std::string>& tail) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
          "The sandbox of the build cannot be made: " +
              (tail.empty() ? std::string("nothing was said") : Joined(tail, 0)) +
              "; the builder needs root, util-linux, iproute2 and iptables.",
          sdk::Fault::kOperator};
}

std::string UnlimitedWords(bool root_and_memory) {
  return std::string(
             "The limits of a build cannot be held on this machine, and it is not built "
             "without them: ") +
         (root_and_memory ? "a controller of cgroups, memory, cpu or pids, is missing or refuses"
                          : "nsd needs root and /sys/fs/cgroup with the memory controller, "
                            "writable") +
         "; correct that, or set `memory`, `cpus` and `processes` of the engine to 0.";
}

std::string PushWords(const std::vector<std::string>& tail) {
  return tail.empty() ? kSilence : WithoutError(Joined(tail, ErrorAt(tail)));
}

}  // namespace ns::engine_buildah
