// The secrets of the installation itself, in one file that is made on first start.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/random.h"
#include "base/status.h"
#include "store/key_checks.h"

namespace ns::host {

struct KeyFile {
  std::string seal_id;                                  // names the sealing key in rows
  Secret seal;                                          // 32 bytes; seals secrets at rest
  std::vector<std::pair<std::string, Secret>> retired;  // sealed once, open still
  Secret hash;     // 32 bytes; of the build, run and route keys; never rotated
  SshKeyPair ssh;  // the installation's own key for Git remotes
};

// Reads the file, or makes it with mode 0600. Several processes may do so at once: all get the same
// keys. kInvalid names what is wrong with a file that others may read, or that does not hold every
// key.
Result<KeyFile> LoadOrMakeKeyFile(const std::string& path, Random& random);
// kUnavailable when there is none.
Result<KeyFile> LoadKeyFile(const std::string& path);
bool KeyFileExists(const std::string& path);

// Puts a new sealing key into the file, whole or not at all; the one before is kept as retired. One
// process at a time may do so.
Status AddSealKey(const std::string& path, Random& random);

// Of the hash key and of each sealing key, by what the operator sees of it: "hash", "seal/<id>".
store::KeyChecks KeyChecksOf(const KeyFile& keys);

// The one that seals first.
std::vector<Sealer> SealersOf(const KeyFile& keys);

}  // namespace ns::host
