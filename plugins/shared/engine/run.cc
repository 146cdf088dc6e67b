#include "engine/run.h"

#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ns::engine {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string Base64(const std::string& bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t three = 0;
    for (size_t i = 0; i < 3; ++i)
      three = three << 8 | (at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i)
      text += at + i > bytes.size() ? '=' : kDigits[three >> (18 - 6 * i) & 63];
  }
  return text;
}

std::vector<int> ProcessesWith(const std::string& text) {
  std::vector<int> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const int pid = std::atoi(entry->path().filename().c_str());
    if (pid <= 1 || pid == ::getpid()) continue;
    std::stringstream environment;
    environment << std::ifstream(entry->path() / "environ", std::ios::binary).rdbuf();
    if (environment.str().find(text) != std::string::npos) found.push_back(pid);
  }
  return found;
}

sdk::Error Refused(const char* reason, const std::string& path, const std::string& what) {
  return {NS_E_PRECONDITION, reason, "The artifact path \"" + path + "\" " + what,
          sdk::Fault::kSource};
}

void CheckExport(const sdk::EngineJob& job) {
  const fs::path path(job.plan.export_path);
  const auto defect = [&](const std::string& what) {
    return sdk::Error(NS_E_INVALID, NS_REASON_DEFECT,
                      "The plan wants the folder \"" + path.string() + "\" " + what,
                      sdk::Fault::kPlatform);
  };
  if (!path.is_absolute() || path.lexically_normal().string() != path.string())
    throw defect("to be exported, which is no absolute path without \".\" and \"..\".");
  if (!job.artifact) throw defect("and nothing takes it.");
}

// By these a build is found, limited and kept from the cache of others.
void CheckArgs(const sdk::EngineJob& job) {
  for (const auto& [key, value] : job.plan.args) {
    std::string name = key;
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (name != "NO_PROXY" && !name.starts_with("BUILDKIT_")) continue;
    throw sdk::Error(NS_E_INVALID, NS_REASON_SETTINGS_INVALID,
                     "The build argument " + key + " is the engine's own; leave it out.",
                     sdk::Fault::kSource);
  }
}

}  // namespace

void KillMarked(const Mark& mark) {
  for (const int pid : ProcessesWith(mark.variable())) ::kill(pid, SIGKILL);
}

std::vector<std::pair<std::string, std::string>> LabelsOf(const std::string& installation,
                                                          const sdk::EngineJob& job) {
  return {{"neoshowcase.installation", installation},
          {"neoshowcase.app", job.app},
          {"neoshowcase.build", job.build}};
}

void CheckId(const std::string& id, const std::string& what) {
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (id.empty() || id.size() > 100 || id.find_first_not_of(kAllowed) != std::string::npos)
    throw sdk::Error(NS_E_INVALID, NS_REASON_DEFECT,
                     what + " \"" + id + "\" holds more than letters, digits, _ and -.",
                     sdk::Fault::kPlatform);
}

void CheckJob(const sdk::EngineJob& job) {
  CheckId(job.build, "The build's id");
  CheckId(job.app, "The application's id");
  CheckArgs(job);
  if (!job.plan.export_path.empty()) CheckExport(job);
}

std::vector<std::string> HiddenValues(const sdk::BuildPlan& plan) {
  std::vector<std::string> values;
  for (const sdk::EnvVar& secret : plan.secrets) {
    if (secret.secret) values.push_back(secret.value);
  }
  return values;
}

std::string SecretNames(const sdk::BuildPlan& plan) {
  std::string names;
  for (const sdk::EnvVar& secret : plan.secrets) names += (names.empty() ? "" : ", ") + secret.key;
  return names;
}

std::string RegistryOf(const std::string& reference) {
  return reference.substr(0, reference.find('/'));
}

std::string HomeFolder() {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  ::getpwuid_r(::geteuid(), &entry, buffer, sizeof(buffer), &found);
  return found && found->pw_dir ? found->pw_dir : "/";
}

std::string RegistryLogins(const std::string& text, const sdk::EngineJob& job) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) value = json::object();
  if (job.push_username.empty()) return json::serialize(value);
  json::value& auths = value.get_object()["auths"];
  if (!auths.is_object()) auths = json::object();
  auths.get_object()[RegistryOf(job.reference)] = {
      {"auth", Base64(job.push_username + ":" + job.push_password)}};
  return json::serialize(value);
}

std::string FindProgram(const std::string& configured, const std::string& name,
                        const std::string& package) {
  const auto missing = [](const std::string& what) {
    return sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE, what, sdk::Fault::kOperator);
  };
  if (!configured.empty()) {
    if (::access(configured.c_str(), X_OK) == 0) return configured;
    throw missing("\"" + configured + "\" is no program; correct the configuration of the engine.");
  }
  const char* path = ::getenv("PATH");
  std::istringstream folders((path ? std::string(path) : "") +
                             ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.starts_with('/') && ::access((folder + "/" + name).c_str(), X_OK) == 0)
      return folder + "/" + name;
  }
  throw missing("There is no " + name + " on this machine; install " + package +
                ", or say in the configuration of the engine where it is.");
}

sdk::Error OutOfMemory(const std::string& what, int64_t limit) {
  return {NS_E_PRECONDITION, NS_REASON_OUT_OF_MEMORY,
          what + " needed more memory than its limit of " + std::to_string(limit >> 20) +
              " MiB; make it need less, or raise `memory` of the engine.",
          sdk::Fault::kSource};
}

sdk::Error OutOfDisk(int64_t limit) {
  return {NS_E_PRECONDITION, kOutOfDisk,
          "The build wrote more to the disk than its limit of " + std::to_string(limit >> 20) +
              " MiB and was killed; make it write less, or raise `disk` of the engine.",
          sdk::Fault::kSource};
}

sdk::Error TimedOut(std::chrono::seconds limit) {
  return {NS_E_PRECONDITION, NS_REASON_TIMED_OUT,
          "The build took longer than its limit of " + std::to_string(limit.count()) +
              " s and was killed; make it faster, or raise `timeout` of the engine.",
          sdk::Fault::kSource};
}

sdk::Error TimedOutReading() {
  return {
      NS_E_PRECONDITION, NS_REASON_TIMED_OUT,
      "The build reached its time limit while its folder was read; make it smaller or the build "
      "faster, or raise `timeout` of the engine.",
      sdk::Fault::kSource};
}

sdk::Error DiskTrouble(const std::string& what) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE, what, sdk::Fault::kPlatform};
}

sdk::Error ArtifactMissing(const std::string& path, const std::string& at) {
  return Refused(NS_REASON_ARTIFACT_MISSING, path,
                 "is not in the image that was built: there is no \"" + at +
                     "\"; correct the path, or the build that should make it.");
}

sdk::Error ArtifactNoFolder(const std::string& path, const std::string& at) {
  return Refused(NS_REASON_ARTIFACT_NO_FOLDER, path,
                 "needs folders, and \"" + at + "\" is none; name a folder to serve.");
}

sdk::Error ArtifactLinksOut(const std::string& path, const std::string& at,
                            const std::string& target, const std::string& folder) {
  return Refused(NS_REASON_PATH_OUTSIDE_SOURCE, path,
                 "leads out: \"" + at + "\" is a link to \"" + target +
                     "\", which is not below \"" + (folder.empty() ? "/" : folder) +
                     "\"; name the folder itself.");
}

bool Below(const std::string& folder, const std::string& path) {
  return path == folder || path.starts_with(folder + "/");
}

}  // namespace ns::engine
