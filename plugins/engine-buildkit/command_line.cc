#include "command_line.h"

#include <boost/json.hpp>
#include <filesystem>

namespace ns::engine_buildkit {

namespace fs = std::filesystem;
namespace json = boost::json;

CommandLine BuildCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const engine::Files& files, const Circumstances& circumstances) {
  CommandLine line;
  line.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              "HOME=" + circumstances.logins, "LANG=C.UTF-8",
              "DOCKER_CONFIG=" + circumstances.logins, mark.variable()};
  const fs::path dockerfile(files.dockerfile);
  line.argv = {circumstances.buildctl,
               "--addr",
               circumstances.address,
               "build",
               "--progress",
               "plain",
               "--frontend",
               "dockerfile.v0",
               "--local",
               "context=" + files.context,
               "--local",
               "dockerfile=" + dockerfile.parent_path().string()};
  const auto option = [&line](const std::string& value) {
    line.argv.insert(line.argv.end(), {"--opt", value});
  };
  option("filename=" + dockerfile.filename().string());
  option(
      "cmdline=dockerfile.v0");  // the front end of buildkitd, whatever the file's first line says
  option("cgroup-parent=/" + circumstances.cgroup);
  option("build-arg:BUILDKIT_CACHE_MOUNT_NS=" + job.app);
  for (const auto& [key, value] : engine::LabelsOf(mark.installation, job))
    option("label:" + key + "=" + value);
  for (const auto& [key, value] : job.plan.args) option("build-arg:" + key + "=" + value);
  if (!job.plan.target.empty()) option("target=" + job.plan.target);
  for (size_t i = 0; i < files.secret_fds.size(); ++i)
    line.argv.insert(line.argv.end(),
                     {"--secret", "id=" + job.plan.secrets[i].key + ",src=/proc/self/fd/" +
                                      std::to_string(files.secret_fds[i])});
  line.argv.insert(line.argv.end(), {"--source-policy-file", circumstances.policy});
  line.argv.push_back("--output");
  // Docker's media types: what 20.10 pulls, and the same that engine-docker pushes.
  line.argv.push_back(job.plan.export_path.empty()
                          ? "type=image,name=" + job.reference + ",push=true,oci-mediatypes=false"
                          : "type=tar,dest=-");
  line.argv.insert(line.argv.end(), {"--metadata-file", files.result});
  return line;
}

std::string SourcePolicy() {
  constexpr const char* kInside =
      R"((?i)^(https?|git|ssh)://([^/?#]*@)?()"
      R"(([^/?#:]*\.)?localhost\.?|[^/?#:.]+|\[[^\]]*\]|)"  // names, IPv6
      R"([0-9]+(\.[0-9]+){0,2}|0[0-9x][0-9a-fx.]*|)"        // shortened, octal
      R"((0|10|127|169\.254|172\.(1[6-9]|2[0-9]|3[01])|192\.168|)"
      R"(100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\.[0-9.]*)"
      R"()(:[0-9]*)?([/?#]|$))";
  return json::serialize(json::object{
      {"version", 1},
      {"rules", json::array{json::object{
                    {"action", "DENY"},
                    {"selector", {{"identifier", kInside}, {"match_type", "REGEX"}}}}}}});
}

std::string DigestIn(const std::string& metadata) {
  json::error_code error;
  const json::value value = json::parse(metadata, error);
  const json::value* digest = !error && value.is_object()
                                  ? value.get_object().if_contains("containerimage.digest")
                                  : nullptr;
  return digest && digest->is_string() ? std::string(digest->get_string()) : "";
}

}  // namespace ns::engine_buildkit
