#include "host/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

namespace ns::host {
namespace {

constexpr char kSealId[] = "seal-id";
constexpr char kSeal[] = "seal";
constexpr char kHash[] = "hash";
constexpr char kSshPublic[] = "ssh-public";
constexpr char kSshPrivate[] = "ssh-private";

using Fields = std::map<std::string, std::string>;

std::string Fresh(Random& random, size_t size) {
  std::string bytes(size, '\0');
  random.Fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

Fields MakeFields(Random& random) {
  const SshKeyPair ssh = NewSshKeyPair("neoshowcase");
  return {{kSealId, ToHex(Fresh(random, 4))},
          {kSeal, Fresh(random, 32)},
          {kHash, Fresh(random, 32)},
          {kSshPublic, ssh.public_line},
          {kSshPrivate, ssh.private_pem.Reveal()}};
}

std::string Print(const Fields& fields) {
  std::string text =
      "# The keys of this installation. Back it up apart from the database: without it no secret "
      "can be read again.\n";
  for (const auto& [name, value] : fields) text += name + " " + ToBase64(value) + "\n";
  return text;
}

Status Failed(const std::string& what, const std::string& path) {
  return Unavailable("cannot " + what + " the key file " + path + ": " + std::strerror(errno));
}

// Whole or not at all; somebody else's file is left as it is.
Status Make(const std::string& path, Random& random) {
  const std::string draft = path + "." + ToHex(Fresh(random, 6));
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("make", path);
  const std::string text = Print(MakeFields(random));
  const bool written =
      write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  const bool linked = written && (link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const Status result = linked ? Status() : Failed("write", path);
  unlink(draft.c_str());
  return result;
}

Result<Fields> Read(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return Failed("find", path);
  if ((facts.st_mode & 077) != 0) {
    return Invalid("the key file " + path + " can be read or written by others (mode " +
                   std::to_string((facts.st_mode >> 6) & 7) +
                   std::to_string((facts.st_mode >> 3) & 7) + std::to_string(facts.st_mode & 7) +
                   "); run: chmod 600 " + path);
  }
  std::ifstream file(path);
  if (!file) return Failed("read", path);
  Fields fields;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name, value;
    words >> name >> value;
    Result<std::string> bytes = FromBase64(value);
    if (!bytes.ok())
      return Invalid("the key file " + path + " holds no Base64 text after \"" + name + "\"");
    fields[name] = std::move(*bytes);
  }
  return fields;
}

}  // namespace

Result<KeyFile> LoadOrMakeKeyFile(const std::string& path, Random& random) {
  if (access(path.c_str(), F_OK) != 0) NS_TRY(Make(path, random));
  NS_ASSIGN(Fields fields, Read(path));
  for (const char* name : {kSealId, kSeal, kHash, kSshPublic, kSshPrivate}) {
    if (fields[name].empty())
      return Invalid("the key file " + path + " lacks \"" + name + "\"; restore it from a backup");
  }
  for (const char* name : {kSeal, kHash}) {
    if (fields[name].size() != 32)
      return Invalid("the key \"" + std::string(name) + "\" in " + path + " must be 32 bytes long");
  }
  return KeyFile{fields[kSealId],
                 Secret(fields[kSeal]),
                 Secret(fields[kHash]),
                 {fields[kSshPublic], Secret(fields[kSshPrivate])}};
}

}  // namespace ns::host
