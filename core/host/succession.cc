#include "host/succession.h"

#include <filesystem>
#include <fstream>

namespace ns::host {

Status Succeed(const Layout& layout, const std::vector<std::string>& roles, const HostId& id,
               ports::HostStore& hosts) {
  const std::string path = layout.last_host(roles), fresh = path + ".new";
  std::string before;
  std::ifstream(path) >> before;
  if (IsId(before)) NS_TRY(hosts.Leave(HostId(before)));
  std::ofstream file(fresh, std::ios::trunc);
  file << id.str() << "\n";
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(fresh, path, error);
  if (!file || error) return Unavailable("cannot write " + path);
  return {};
}

}  // namespace ns::host
