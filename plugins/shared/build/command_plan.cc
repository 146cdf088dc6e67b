#include "build/command_plan.h"

#include <algorithm>
#include <boost/json.hpp>

#include "build/image_reference.h"
#include "build/settings.h"

namespace ns::build {
namespace {

namespace json = boost::json;

constexpr const char* kSecret = "ns-build-env";  // id of the secret that holds all variables
constexpr size_t kMaxScript = 100'000;           // bytes; the kernel takes 128 KiB in one argument
constexpr size_t kLongLine = 32'000;             // bytes; builders take lines of up to 64 KiB

sdk::Error Invalid(const std::string& message) {
  return Refused(NS_REASON_SETTINGS_INVALID, message);
}

void CheckReference(const std::string& image) {
  if (!IsImageReference(image))
    throw Invalid("base_image \"" + image.substr(0, kLongestReference) +
                  "\" is no image reference; write it like \"debian:12\".");
}

void CheckScript(const std::string& script) {
  if (script.size() > kMaxScript)
    throw Invalid(
        "build_cmd is longer than 100000 bytes; put it into a script of the repository and call "
        "that.");
  if (script.find('\0') != std::string::npos)
    throw Invalid("build_cmd holds a NUL character; remove it.");
}

void CheckName(const std::string& key) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool name = !key.empty() && !(key[0] >= '0' && key[0] <= '9') &&
                    std::all_of(key.begin(), key.end(), fits);
  if (!name)
    throw Invalid("The build variable \"" + key +
                  "\" cannot be given to a shell; name it with letters, digits and _.");
}

std::string Quoted(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

// What the script reads first, lines of `export KEY='value'`, and each variable by itself: nothing
// mounts those, but an engine that knows the values can keep them out of the log.
std::vector<sdk::EnvVar> Secrets(std::vector<sdk::EnvVar> env) {
  std::sort(env.begin(), env.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  sdk::EnvVar exports{kSecret, "", true};
  for (const sdk::EnvVar& variable : env) {
    CheckName(variable.key);
    exports.value += "export " + variable.key + "=" + Quoted(variable.value) + "\n";
  }
  env.insert(env.begin(), std::move(exports));
  return env;
}

std::string WithoutCarriageReturns(std::string script) {
  std::erase(script, '\r');
  return script;
}

// Of a text in JSON: the bytes of the character at `at`, with its escape.
size_t CharacterAt(const std::string& text, size_t at) {
  if (text[at] != '\\') return 1;
  return text.compare(at + 1, 1, "u") == 0 ? 6 : 2;
}

// Whether a line may end before `next`: nothing of it must look like a comment, a blank to be
// trimmed or an escape.
bool MayBreak(char last, char next) {
  constexpr std::string_view kNot = " \t\\#";
  return kNot.find(last) == std::string_view::npos && kNot.find(next) == std::string_view::npos;
}

// An instruction in JSON as several lines, where it is a long one; the same instruction.
std::string Folded(const std::string& line) {
  std::string folded;
  size_t length = 0;
  for (size_t at = 0; at < line.size();) {
    const size_t size = CharacterAt(line, at);
    if (length > kLongLine && MayBreak(line[at - 1], line[at])) {
      folded += "\\\n";
      length = 0;
    }
    folded.append(line, at, size);
    length += size;
    at += size;
    if (length > 2 * kLongLine - 1'000)
      throw Invalid(
          "build_cmd holds 30000 bytes of blanks, \"#\" and characters to escape alone, which no "
          "builder takes; put it into a script of the repository and call that.");
  }
  return folded;
}

// One instruction whatever the script holds: the exec form is JSON. The trace starts after the
// variables are read, which keeps them out of the log.
std::string RunLine(const std::string& build_cmd, bool with_env) {
  const std::string mounted = std::string("/run/secrets/") + kSecret;
  const std::string mount =
      with_env ? std::string("--mount=type=secret,id=") + kSecret + ",required=true " : "";
  const std::string script = (with_env ? ". " + mounted + "\n" : "") + "set -eux\n" + build_cmd;
  return Folded("RUN " + mount +
                json::serialize(json::array{"/bin/sh", "-c", json::string(script)})) +
         "\n";
}

}  // namespace

CommandSettings ParseCommandSettings(const std::string& text) {
  auto texts = TextSettings(text, {"base_image", "build_cmd"});
  return {std::move(texts["base_image"]), std::move(texts["build_cmd"])};
}

sdk::BuildPlan PlanCommands(const CommandSettings& settings, const sdk::BuildRequest& request) {
  const std::string base = settings.base_image.empty() ? "scratch" : settings.base_image;
  const std::string build_cmd = WithoutCarriageReturns(settings.build_cmd);
  CheckReference(base);
  CheckScript(build_cmd);
  if (base == "scratch" && !build_cmd.empty())
    throw Invalid(
        "build_cmd needs a base_image that has /bin/sh, and \"scratch\" has none; set base_image.");

  sdk::BuildPlan plan;
  plan.ignore_dockerignore = true;
  plan.dockerfile_text = "FROM " + base + "\nWORKDIR /srv\nCOPY . .\n";
  if (build_cmd.empty()) return plan;
  if (!request.env.empty()) plan.secrets = Secrets(request.env);
  plan.dockerfile_text += RunLine(build_cmd, !request.env.empty());
  return plan;
}

}  // namespace ns::build
