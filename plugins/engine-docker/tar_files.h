// Tar archives of what a container is given, and of what it gives back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ns::engine_docker {

// Who owns what is unpacked.
struct Owner {
  int uid = 0, gid = 0;
};

struct TarFile {
  std::string path;     // "nsbuild/group.toml"; one that ends with "/" is a folder
  std::string content;  // empty for folders
  int mode = 0644;
  Owner owner;
};

// Throws sdk::Error NS_E_INTERNAL where the archive cannot be made.
std::string TarOf(const std::vector<TarFile>& files);

// The regular files of an archive by their names without "./". One that is no archive, is broken or
// holds more than `most` bytes gives what stands before that.
std::map<std::string, std::string> FilesOf(std::string_view tar, size_t most);

// A folder of this machine as an archive that is made while it is read: names begin with `prefix`,
// "workspace", links stay links, devices, pipes and sockets are left out, all of it belongs to
// `owner`.
class FolderTar {
 public:
  FolderTar(const std::string& folder, const std::string& prefix, Owner owner);
  ~FolderTar();
  FolderTar(const FolderTar&) = delete;
  FolderTar& operator=(const FolderTar&) = delete;

  // Up to `most` bytes; 0: its end. Throws EngineUnavailable, the platform's fault, where the
  // folder cannot be read.
  size_t Read(char* to, size_t most);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ns::engine_docker
