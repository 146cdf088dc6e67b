#include "command_line.h"

#include <cstdlib>

namespace ns::engine_buildah {
namespace {

void Add(CommandLine& line, std::vector<std::string> words) {
  for (std::string& word : words) line.argv.push_back(std::move(word));
}

std::string Descriptor(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// Of "name:tag@digest" only the digest counts, and buildah pulls none that has both.
std::string WithoutTagAtDigest(const std::string& name) {
  const size_t digest = name.find('@');
  if (digest == std::string::npos) return name;
  const size_t slash = name.rfind('/', digest), tag = name.rfind(':', digest);
  const bool tagged = tag != std::string::npos && (slash == std::string::npos || tag > slash);
  return tagged ? name.substr(0, tag) + name.substr(digest) : name;
}

constexpr std::string_view kMounted = "#mounted ";

// Words: the container's name, the image's; buildah and its options.
constexpr const char* kMount = R"sh(set -eu
name=$1 image=$2
shift 2
"$@" from --pull-never --name "$name" "$image"
cd "$("$@" mount "$name")"
echo "#mounted $$"
exec sleep 2147483647
)sh";

}  // namespace

std::string ImageName(const sdk::EngineJob& job) { return "localhost/nsapp-" + job.app; }

std::string ExportName(const sdk::EngineJob& job) {
  return "nsexport-" + job.build + "-" + std::to_string(job.attempt);
}

// By itself it would leave a mount behind, for good.
CommandLine StoreCommand(const std::vector<std::string>& words,
                         const Circumstances& circumstances) {
  CommandLine line;
  line.env = {kPath, "HOME=" + circumstances.tmp, "LANG=C.UTF-8", "TMPDIR=" + circumstances.tmp,
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
  if (!circumstances.images.empty())
    Add(line, {"--storage-opt", "overlay.imagestore=" + circumstances.images});
  Add(line, words);
  return line;
}

CommandLine PullCommand(const BaseImage& image, const engine::Mark& mark, int logins,
                        const Circumstances& circumstances) {
  CommandLine line = StoreCommand({"pull", "--policy", "always", "--authfile", Descriptor(logins),
                                   "--signature-policy", circumstances.policy},
                                  circumstances);
  line.env.push_back(mark.variable());
  if (!image.platform.empty()) Add(line, {"--platform", image.platform});
  Add(line, {"docker://" + WithoutTagAtDigest(image.name)});
  return line;
}

// Steps share the network of buildah, which is that of the sandbox.
CommandLine BuildCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const engine::Files& files, const Circumstances& circumstances) {
  CommandLine line = StoreCommand(
      {"bud", "--format", "docker", "--layers", "--force-rm", "--pull-never",
       "--identity-label=false", "--isolation", circumstances.chroot ? "chroot" : "oci",
       "--network", "host", "--signature-policy", circumstances.policy, "--file",
       circumstances.dockerfile, "--ignorefile", circumstances.ignored, "--tag", ImageName(job)},
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
  Add(line, {files.context});
  return line;
}

CommandLine PushCommand(const sdk::EngineJob& job, const engine::Mark& mark, int logins,
                        const engine::Files& files, const Circumstances& circumstances) {
  CommandLine line = StoreCommand(
      {"push", "--authfile", Descriptor(logins), "--signature-policy", circumstances.policy,
       "--digestfile", files.result, ImageName(job), "docker://" + job.reference},
      circumstances);
  line.env.push_back(mark.variable());
  return line;
}

CommandLine MountCommand(const sdk::EngineJob& job, const engine::Mark& mark,
                         const Circumstances& circumstances) {
  CommandLine line = StoreCommand({}, circumstances);
  line.env.push_back(mark.variable());
  line.argv.insert(line.argv.begin(),
                   {"/bin/sh", "-c", kMount, "mount", ExportName(job), ImageName(job)});
  return line;
}

std::string MountedAt(const std::string& said) {
  const size_t at = said.find(kMounted);
  const size_t end = at == std::string::npos ? at : said.find('\n', at);
  if (end == std::string::npos) return "";
  const std::string pid = said.substr(at + kMounted.size(), end - at - kMounted.size());
  return "/proc/" + std::to_string(std::atoi(pid.c_str())) + "/cwd/.";
}

std::string RegistriesText() {
  std::string text = "unqualified-search-registries = [\"docker.io\"]\n";
  // A name without a port is that of all ports.
  for (const char* loopback : {"127.0.0.1", "localhost", "[::1]"})
    text += std::string("[[registry]]\nlocation = \"") + loopback + "\"\ninsecure = true\n";
  return text;
}

std::string PolicyText() {
  return R"({"default": [{"type": "reject"}], "transports": {
 "docker": {"": [{"type": "insecureAcceptAnything"}]},
 "containers-storage": {"": [{"type": "insecureAcceptAnything"}]}}}
)";
}

}  // namespace ns::engine_buildah
