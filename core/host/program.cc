#include "host/program.h"

#include <unistd.h>

#include <filesystem>
#include <sstream>

namespace ns::host {
namespace {

std::string Beside(const std::string& program, const char* folder) {
  return std::filesystem::path(program).parent_path().parent_path() / folder;
}

}  // namespace

std::string ProgramPath() {
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  constexpr std::string_view kReplaced =
      " (deleted)";  // the file was replaced by a newer one of the same name
  return path.ends_with(kReplaced) ? path.substr(0, path.size() - kReplaced.size()) : path;
}

std::string ShareFolder(const std::string& program) { return Beside(program, "share/neoshowcase"); }
std::string PluginFolder(const std::string& program) {
  return Beside(program, "lib/neoshowcase/plugins");
}

std::string MachineName() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) name[0] = '?';
  return name;
}

std::string HostName() { return MachineName() + "/" + std::to_string(::getpid()); }

Result<std::string> FindProgram(const std::string& name, const std::string& path) {
  std::istringstream folders(path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return NotFound("no program '" + name + "' in " + path);
}

}  // namespace ns::host
