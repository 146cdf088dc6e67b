#include "host/layout.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ns::host {
namespace {

Status MakeFolder(const std::string& path, mode_t mode) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return Unavailable("cannot make the folder " + path + ": " + error.message() +
                       "; choose another with `data`, or give this account the right");
  if (::chmod(path.c_str(), mode) != 0 && errno != EPERM)
    return Unavailable("cannot set the rights of " + path + ": " + std::strerror(errno));
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    return Unavailable("this account may not write to " + path + "; run as its owner or as root");
  return {};
}

}  // namespace

std::string Layout::last_host(const std::vector<std::string>& roles, int n) const {
  std::string path = run() + "/host";
  for (const std::string& role : roles) path += "-" + role;
  return n == 0 ? path : path + "-" + std::to_string(n + 1);
}

Status MakeFolders(const Layout& layout) {
  for (const std::string& path : {layout.data(), layout.run(), layout.site_servers()})
    NS_TRY(MakeFolder(path, 0711));
  for (const std::string& path : {layout.helpers(), layout.links(), layout.sources(), layout.git(),
                                  layout.repositories(), layout.instances()})
    NS_TRY(MakeFolder(path, 0700));
  return {};
}

}  // namespace ns::host
