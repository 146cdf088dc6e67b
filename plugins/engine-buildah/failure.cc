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

}  // namespace

sdk::Error BuildFailure(const std::vector<std::string>& tail, int exit_code) {
  const size_t at = ErrorAt(tail);
  const std::string error = tail.empty() ? "buildah said nothing" : Joined(tail, at);
  const auto source = [](const char* reason, const std::string& what) {
    return sdk::Error(NS_E_PRECONDITION, reason, what, sdk::Fault::kSource);
  };
  if (const size_t exit = error.rfind(kExit); exit != std::string::npos && error.starts_with(kStep))
    return source(NS_REASON_COMMAND_FAILED,
                  "A step of the build failed: " + error.substr(kStep.size(), exit - kStep.size()) +
                      "exit code: " + error.substr(exit + kExit.size()) +
                      engine::LastWords(Said(tail, at)));
  const std::string words = WithoutError(error);
  if (engine::SaysDiskFull(words))
    return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
            "The disk of the builder is full; free some space: " + words, sdk::Fault::kPlatform};
  const bool base = Has(words, "creating build container: ") ||
                    Has(words, "initializing source docker://") ||
                    Has(words, "no stage or image found with that name");
  if (base && engine::SaysNoAnswer(words))
    return {NS_E_UNAVAILABLE, NS_REASON_BASE_IMAGE_UNAVAILABLE,
            "The registry of a base image does not answer: " + words +
                "; check the image's name and the network of the builder.",
            sdk::Fault::kPlatform};
  if (base)
    return source(NS_REASON_BASE_IMAGE_UNAVAILABLE,
                  "A base image cannot be had: " + words + "; correct its name.");
  if (exit_code > 128 || error == "buildah said nothing")
    return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
            "buildah ended with code " + std::to_string(exit_code) + ": " + words,
            sdk::Fault::kPlatform};
  return source(NS_REASON_COMMAND_FAILED, "The build failed: " + words);
}

std::string PushWords(const std::vector<std::string>& tail) {
  return tail.empty() ? "buildah said nothing" : WithoutError(Joined(tail, ErrorAt(tail)));
}

}  // namespace ns::engine_buildah
