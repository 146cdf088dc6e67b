#include "command_line.h"

namespace ns::engine_docker {

CommandLine BuildCommand(const std::string& docker, const std::string& socket,
                         const std::string& home, const sdk::EngineJob& job,
                         const engine::Mark& mark, const engine::Files& files,
                         const Circumstances& circumstances) {
  CommandLine line;
  line.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              "HOME=" + home,
              "LANG=C.UTF-8",
              "DOCKER_HOST=unix://" + socket,
              "DOCKER_BUILDKIT=1",
              mark.variable()};
  line.argv = {docker,           "build", "--progress",  "plain",     "--file",
               files.dockerfile, "--tag", job.reference, "--iidfile", files.result};
  const auto option = [&line](const char* name, const std::string& value) {
    line.argv.insert(line.argv.end(), {name, value});
  };
  for (const auto& [key, value] : engine::LabelsOf(mark.installation, job))
    option("--label", key + "=" + value);
  option("--build-arg", "NO_PROXY=" + mark.text() +
                            (circumstances.no_proxy.empty() ? "" : "," + circumstances.no_proxy));
  option("--build-arg", "BUILDKIT_CACHE_MOUNT_NS=" + job.app);
  option("--add-host", "nscache-" + circumstances.cache_key + ".invalid:0.0.0.0");
  for (const auto& [key, value] : job.plan.args) {
    option("--build-arg", key);  // the CLI takes the value from its environment
    line.env.push_back(key + "=" + value);
  }
  for (size_t i = 0; i < files.secret_fds.size(); ++i)
    option("--secret", "id=" + job.plan.secrets[i].key + ",src=/proc/self/fd/" +
                           std::to_string(files.secret_fds[i]));
  if (!job.plan.target.empty()) option("--target", job.plan.target);
  line.argv.push_back(files.context);
  return line;
}

}  // namespace ns::engine_docker
