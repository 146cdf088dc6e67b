// Gives one folder out of archives of whole file systems, as they go by.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tar_writer.h"

struct archive;
struct archive_entry;

namespace ns::engine {

// A folder's own entry comes before those of what is in it. Links on the way are followed while
// they stay below the folder that they are in, as ENGINE-06 says; one that leads back to what has
// gone by needs another pass over the same archive, and so does a file of the folder that is a hard
// link to one outside of it. Holds names of such links and 64 KiB. Not for use by two threads.
class FolderOfTar {
 public:
  // More bytes of the archive; empty at its end. What it throws ends the pass.
  using Source = std::function<std::string_view()>;

  // `path`: absolute, without "." and "..".
  FolderOfTar(const std::string& path, const sdk::ByteSink& sink);

  // Reads one archive to its end. True: all is given. False: give the same archive again. Throws
  // ArtifactMissing, ArtifactNotAFolder, PathOutsideSource, EngineUnavailable for an archive that
  // is none, and what `source` and the sink throw.
  bool Pass(const Source& source);
  int64_t bytes() const { return writer_.bytes(); }

 private:
  struct Reading;
  void Take(Reading& reading, ::archive_entry* entry);
  void Resolve(::archive_entry* entry, const std::string& at, bool& found);
  void Follow(const std::string& at, const std::string& target);
  void Give(Reading& reading, ::archive_entry* entry, const std::string& at);
  void GiveOutsider(Reading& reading, ::archive_entry* entry, const std::string& at);
  void Copy(Reading& reading);
  bool Resolved() const { return rest_.empty(); }
  std::string Next() const { return folder_ + "/" + rest_.front(); }
  std::string NameOf(const std::string& at) const { return "." + at.substr(folder_.size()); }

  const std::string path_;
  std::string folder_;              // what has been found of it so far; empty: the root
  std::deque<std::string> rest_;    // names below that
  std::set<std::string> followed_;  // links
  bool begun_ = false, given_ = false;
  std::map<std::string, std::vector<std::string>> outsiders_;  // file outside -> names of ours
  TarWriter writer_;
};

}  // namespace ns::engine
