#include "walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "files.h"

namespace ns::storage_local {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

struct Found {
  std::string name;  // of a folder with "/" at its end: so whole keys come in their order
  uint64_t size = 0;
  bool is_folder() const { return name.ends_with('/'); }
};

// Sorted; what goes away meanwhile is left out.
std::vector<Found> Read(int folder) {
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> stream(own < 0 ? nullptr : ::fdopendir(own));
  if (!stream) throw FileError("a folder", errno);
  std::vector<Found> found;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    struct stat info {};
    if (!sdk::IsStorageKey(name) ||
        ::fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    if (S_ISDIR(info.st_mode)) found.push_back({name + "/", 0});
    if (S_ISREG(info.st_mode)) found.push_back({name, static_cast<uint64_t>(info.st_size)});
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.name < b.name; });
  return found;
}

struct Walker {
  const sdk::Call& call;
  const sdk::ObjectQuery& query;
  const sdk::ObjectSink& out;
  uint32_t left = query.limit;

  // Whether a key that begins with `start` may be among those asked for.
  bool MayHold(const std::string& start) const {
    const size_t same = std::min(start.size(), query.prefix.size());
    if (start.compare(0, same, query.prefix, 0, same) != 0) return false;
    return start > query.after || query.after.starts_with(start);
  }

  void Descend(int folder, const std::string& path) {
    call.Check();
    for (const Found& one : Read(folder)) {
      if (left == 0) return;
      const std::string key = path + one.name;
      if (!MayHold(key)) continue;
      if (one.is_folder()) {
        const std::string name = one.name.substr(0, one.name.size() - 1);
        const Fd below = OpenFolder(folder, {name});
        if (below) Descend(below.get(), key);
      } else if (key > query.after && key.starts_with(query.prefix)) {
        out.Put({key, one.size});
        --left;
      }
    }
  }
};

}  // namespace

void Walk(int root, const sdk::Call& call, const sdk::ObjectQuery& query,
          const sdk::ObjectSink& out) {
  Walker{call, query, out}.Descend(root, "");
}

}  // namespace ns::storage_local
