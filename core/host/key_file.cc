#include "host/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "host/new_file.h"

namespace ns::host {
namespace {

constexpr char kSealId[] = "seal-id";
constexpr char kSeal[] = "seal";
constexpr char kHash[] = "hash";
constexpr std::string_view kRetired = "retired-";  // then the id of a sealing key of earlier times
constexpr char kCheckText[] = "neoshowcase key check";  // for good: databases keep its hashes
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

// Somebody else's file is left as it is.
Status Make(const std::string& path, Random& random) {
  return MakeOnce(path, Print(MakeFields(random)), 0600, random) ? Status() : Failed("make", path);
}

// The names in a folder, as they are now, survive a power cut.
bool SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced;
}

// Puts `fields` in the place of the file, which keeps its owner.
Status Replace(const std::string& path, const Fields& fields, Random& random) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return Failed("find", path);
  const std::string draft = WriteDraft(path, Print(fields), 0600, random);
  if (draft.empty()) return Failed("write", path);
  const bool replaced = chown(draft.c_str(), facts.st_uid, facts.st_gid) == 0 &&
                        rename(draft.c_str(), path.c_str()) == 0 && SyncFolderOf(path);
  if (replaced) return {};
  const Status result = Failed("replace", path);
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

Status CheckFields(const std::string& path, const Fields& fields) {
  for (const char* name : {kSealId, kSeal, kHash, kSshPublic, kSshPrivate}) {
    if (!fields.contains(name) || fields.at(name).empty())
      return Invalid("the key file " + path + " lacks \"" + name + "\"; restore it from a backup");
  }
  for (const auto& [name, value] : fields) {
    const bool key = name == kSeal || name == kHash || name.starts_with(kRetired);
    if (key && value.size() != 32)
      return Invalid("the key \"" + name + "\" in " + path + " must be 32 bytes long");
  }
  return {};
}

Result<Fields> ReadWhole(const std::string& path) {
  NS_ASSIGN(Fields fields, Read(path));
  NS_TRY(CheckFields(path, fields));
  return fields;
}

}  // namespace

bool KeyFileExists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Result<KeyFile> LoadKeyFile(const std::string& path) {
  NS_ASSIGN(const Fields fields, ReadWhole(path));
  KeyFile keys{fields.at(kSealId),
               Secret(fields.at(kSeal)),
               {},
               Secret(fields.at(kHash)),
               {fields.at(kSshPublic), Secret(fields.at(kSshPrivate))}};
  for (const auto& [name, value] : fields) {
    if (name.starts_with(kRetired))
      keys.retired.emplace_back(name.substr(kRetired.size()), Secret(value));
  }
  return keys;
}

Result<KeyFile> LoadOrMakeKeyFile(const std::string& path, Random& random) {
  if (!KeyFileExists(path)) NS_TRY(Make(path, random));
  return LoadKeyFile(path);
}

Status AddSealKey(const std::string& path, Random& random) {
  NS_ASSIGN(Fields fields, ReadWhole(path));
  fields[std::string(kRetired) + fields[kSealId]] = fields[kSeal];
  fields[kSealId] = ToHex(Fresh(random, 4));
  fields[kSeal] = Fresh(random, 32);
  return Replace(path, fields, random);
}

store::KeyChecks KeyChecksOf(const KeyFile& keys) {
  const auto check = [](const Secret& key) { return KeyHasher(key).Add(kCheckText).Finish(); };
  store::KeyChecks checks{{"hash", check(keys.hash)}, {"seal/" + keys.seal_id, check(keys.seal)}};
  for (const auto& [id, key] : keys.retired) checks["seal/" + id] = check(key);
  return checks;
}

std::vector<Sealer> SealersOf(const KeyFile& keys) {
  std::vector<Sealer> sealers{Sealer(keys.seal_id, keys.seal)};
  for (const auto& [id, key] : keys.retired) sealers.emplace_back(id, key);
  return sealers;
}

}  // namespace ns::host
