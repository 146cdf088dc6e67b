#include "registry/embedded.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "supervise/health.h"

namespace ns::registry {
namespace {

std::string Configuration(const EmbeddedRegistry& registry) {
  return "# Written by nsd at every start.\n"
         "version: 0.1\n"
         "log: {level: warn, accesslog: {disabled: true}}\n"
         "storage:\n"
         "  filesystem: {rootdirectory: \"" +
         registry.folder +
         "/images\"}\n"
         "  delete: {enabled: true}\n"
         "  maintenance: {uploadpurging: {enabled: true, age: 24h, interval: 6h, dryrun: false}" +
         std::string(registry.read_only ? ", readonly: {enabled: true}" : "") +
         "}\n"
         "http: {addr: \"127.0.0.1:" +
         std::to_string(registry.port) + "\"}\n";
}

Status WriteWhole(const std::string& path, const std::string& text) {
  std::ofstream file(path + ".new", std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(path + ".new", path, error);
  if (!file || error)
    return Unavailable("cannot write " + path + ": is the disk full, or the folder not ours?");
  return {};
}

}  // namespace

std::string EmbeddedRegistryConfig(const EmbeddedRegistry& registry) {
  return registry.folder + "/config.yml";
}

std::string EmbeddedRegistryUrl(const EmbeddedRegistry& registry) {
  return "http://127.0.0.1:" + std::to_string(registry.port);
}

Result<supervise::HelperSpec> PrepareEmbeddedRegistry(const EmbeddedRegistry& registry) {
  if (::access(registry.program.c_str(), X_OK) != 0) {
    return Status(
        Code::kUnavailable, "RegistryMissing",
        "there is no " + registry.program +
            ": install the package docker-registry, or name another registry by `registry`");
  }
  const std::string images = registry.folder + "/images", config = EmbeddedRegistryConfig(registry);
  std::error_code error;
  std::filesystem::create_directories(images, error);
  if (error) return Unavailable("cannot make " + images + ": " + error.message());
  if (::chmod(images.c_str(), 0700) != 0)
    return Unavailable("cannot keep " + images +
                       " from other accounts");  // they hold private sources
  NS_TRY(WriteWhole(config, Configuration(registry)));
  if (registry.account && ::geteuid() == 0 &&
      ::chown(images.c_str(), registry.account->uid, registry.account->gid) != 0) {
    return Unavailable("cannot give " + images + " to the registry's account");
  }
  supervise::HelperSpec helper;
  helper.name = "registry";
  helper.argv = {registry.program, "serve", config};
  helper.env = {"OTEL_TRACES_EXPORTER=none"};
  helper.account = ::geteuid() == 0 ? registry.account : std::nullopt;
  helper.config_hash = Configuration(registry);
  NS_ASSIGN(helper.health, supervise::HealthCheckOf(EmbeddedRegistryUrl(registry) + "/v2/"));
  return helper;
}

}  // namespace ns::registry
