#include "host/place.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/crypto.h"
#include "host/new_file.h"

namespace ns::host {
namespace {

std::string NewName(const std::string& machine, Random& random) {
  std::string bytes(4, '\0');
  random.Fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  return machine + "-" + ToHex(bytes);
}

Result<std::string> Read(const std::string& path) {
  std::ifstream file(path);
  std::string name;
  if (!std::getline(file, name) || name.empty() || name.size() > 300)
    return Invalid(path + " does not hold the name of this data folder; put it back from a backup");
  return name;
}

}  // namespace

Result<std::string> PlaceName(const std::string& path, const std::string& machine, Random& random) {
  const bool there = ::access(path.c_str(), F_OK) == 0;
  if (!there && !MakeOnce(path, NewName(machine, random) + "\n", 0644, random))
    return Unavailable("cannot make " + path + ": " + std::strerror(errno));
  return Read(path);
}

}  // namespace ns::host
