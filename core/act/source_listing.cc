#include "act/source_listing.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <utility>

#include "model/utf8.h"

namespace ns::act {
namespace {

namespace fs = std::filesystem;

// Folders in the order of their depth, so that a giant one at the end cuts off nothing above it.
class Walk {
 public:
  Walk(fs::path root, size_t most) : root_(std::move(root)), most_(most) {}

  Status Run() {
    for (std::deque<std::string> folders{""}; !folders.empty() && !listing.truncated;
         folders.pop_front())
      NS_TRY(Take(folders.front(), folders));
    std::sort(listing.files.begin(), listing.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return {};
  }

  ports::SourceListing listing;

 private:
  Status Take(const std::string& folder, std::deque<std::string>& folders) {
    std::error_code error;
    for (fs::directory_iterator entry(root_ / folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const fs::file_type type = entry->symlink_status(error).type();
      const std::string path = folder + entry->path().filename().string();
      if (type == fs::file_type::directory && path != ".git") folders.push_back(path + "/");
      if (type != fs::file_type::regular || !model::IsUtf8(path)) continue;
      listing.truncated = listing.files.size() == most_;
      if (listing.truncated) return {};
      listing.files.push_back({path, static_cast<int64_t>(entry->file_size(error))});
    }
    if (!error) return {};
    return Status(Code::kUnavailable, "DiskUnavailable",
                  "the source cannot be read: " + error.message())
        .SetFault(Fault::kPlatform);
  }

  const fs::path root_;
  const size_t most_;
};

std::string HeadOf(const fs::path& path) {
  std::string head(ports::kSourceHead, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return head;
}

}  // namespace

Result<ports::SourceListing> ListSource(const std::string& folder, size_t most) {
  Walk walk(folder, most);
  NS_TRY(walk.Run());
  auto paths = std::make_shared<std::set<std::string>>();
  for (const ports::SourceFile& file : walk.listing.files) paths->insert(file.path);
  walk.listing.head = [folder, paths](const std::string& path) {
    return paths->contains(path) ? HeadOf(fs::path(folder) / path) : "";
  };
  return std::move(walk.listing);
}

}  // namespace ns::act
