#include "cli.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <vector>

#include "child/child.h"
#include "engine/run.h"

namespace ns::engine_docker {
namespace {

constexpr const char* kFolders[] = {"/usr/bin/",        "/usr/local/bin/", "/bin/",
                                    "/usr/local/sbin/", "/usr/sbin/",      "/sbin/",
                                    "/snap/bin/"};

bool Builds(const sdk::Call& call, const std::string& docker) {
  std::string output;
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = {docker, "build", "--help"};
  spec.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              "HOME=" + engine::HomeFolder(), "DOCKER_BUILDKIT=1"};
  spec.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  spec.output = [&output](std::string_view bytes) { output += bytes; };
  spec.tick = [] { return true; };
  const child::ChildResult result = child::RunChild(call, spec);
  return result.ending == child::Ending::kExited && result.exit_code == 0 &&
         output.find("--secret") != std::string::npos;
}

}  // namespace

std::string ConfiguredNoProxy(const std::string& home, const std::string& docker_host) {
  std::stringstream text;
  text << std::ifstream(home + "/.docker/config.json").rdbuf();
  boost::json::error_code error;
  const boost::json::value config = boost::json::parse(text.str(), error);
  if (error) return "";
  for (const std::string& host : {docker_host, std::string("default")}) {
    const auto* proxies = config.is_object() ? config.get_object().if_contains("proxies") : nullptr;
    const auto* entry =
        proxies && proxies->is_object() ? proxies->get_object().if_contains(host) : nullptr;
    if (!entry || !entry->is_object()) continue;
    const auto* hosts = entry->get_object().if_contains("noProxy");
    return hosts && hosts->is_string() ? std::string(hosts->get_string()) : "";
  }
  return "";
}

std::string Cli::Find(const sdk::Call& call) {
  const std::lock_guard lock(mutex_);
  if (!found_.empty() && ::access(found_.c_str(), X_OK) == 0) return found_;
  std::vector<std::string> candidates;
  for (const char* folder : kFolders) candidates.push_back(std::string(folder) + "docker");
  if (!binary_.empty()) candidates = {binary_};
  for (const std::string& docker : candidates) {
    if (::access(docker.c_str(), X_OK) == 0 && Builds(call, docker)) return found_ = docker;
  }
  call.Check();
  throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
                   (binary_.empty() ? "No Docker CLI" : "\"" + binary_ + "\" is no Docker CLI") +
                       std::string(" that builds with BuildKit; install docker.io 20.10, or "
                                   "docker-cli with the buildx plugin, or set `binary`."),
                   sdk::Fault::kOperator);
}

}  // namespace ns::engine_docker
