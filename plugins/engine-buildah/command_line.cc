#include "command_line.h"

namespace ns::engine_buildah {
namespace {

void Add(CommandLine& line, std::vector<std::string> words) {
  for (std::string& word : words) line.argv.push_back(std::move(word));
}

std::string Descriptor(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace

std::string ImageName(const sdk::EngineJob& job) { return "localhost/nsapp-" + job.app; }

std::string ExportName(const sdk::EngineJob& job) {
  return "nsexport-" + job.build + "-" + std::to_string(job.attempt);
}

// By itself it would leave a mount behind, for good.
CommandLine StoreCommand(const std::vector<std::string>& words,
                         const Circumstances& circumstances) {
  CommandLine line;
  line.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              "HOME=" + circumstances.tmp, "LANG=C.UTF-8", "TMPDIR=" + circumstances.tmp,
              "CONTAINERS_REGISTRIES_CONF=" + circumstances.registries};
  line.argv = {circumstances.buildah,
               "--root",
               circumstances.store,
               "--runroot",
               circumstances.run,
               "--storage-driver",
               "overlay",
               "--storage-opt",
               "overlay.skip_mount_home=true"};
  Add(line, words);
  return line;
}

CommandLine BuildCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const engine::Files& files, const Circumstances& circumstances) {
  CommandLine line = StoreCommand(
      {"bud", "--format", "docker", "--layers", "--force-rm", "--pull-always",
       "--identity-label=false", "--isolation", circumstances.chroot ? "chroot" : "oci",
       "--authfile", Descriptor(circumstances.logins), "--file", files.dockerfile, "--tag",
       ImageName(job)},
      circumstances);
  line.env.push_back(mark.variable());
  if (!circumstances.cgroup.empty()) Add(line, {"--cgroup-parent", "/" + circumstances.cgroup});
  for (const auto& [key, value] : engine::LabelsOf(mark.installation, job))
    Add(line, {"--label", key + "=" + value});
  for (const auto& [key, value] : job.plan.args) {
    Add(line, {"--build-arg", key});  // the value is taken from the environment
    line.env.push_back(key + "=" + value);
  }
  for (size_t i = 0; i < files.secret_fds.size(); ++i)
    Add(line,
        {"--secret", "id=" + job.plan.secrets[i].key + ",src=" + Descriptor(files.secret_fds[i])});
  if (!job.plan.target.empty()) Add(line, {"--target", job.plan.target});
  if (!circumstances.use_cache) Add(line, {"--no-cache"});
  if (job.plan.ignore_dockerignore) Add(line, {"--ignorefile", files.dockerfile + ".dockerignore"});
  Add(line, {files.context});
  return line;
}

CommandLine PushCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                        const engine::Files& files, const Circumstances& circumstances) {
  CommandLine line =
      StoreCommand({"push", "--authfile", Descriptor(circumstances.logins), "--digestfile",
                    files.result, ImageName(job), "docker://" + job.reference},
                   circumstances);
  line.env.push_back(mark.variable());
  return line;
}

std::string RegistriesText() {
  std::string text = "unqualified-search-registries = [\"docker.io\"]\n";
  // A name without a port is that of all ports.
  for (const char* loopback : {"127.0.0.1", "localhost", "[::1]"})
    text += std::string("[[registry]]\nlocation = \"") + loopback + "\"\ninsecure = true\n";
  return text;
}

}  // namespace ns::engine_buildah
