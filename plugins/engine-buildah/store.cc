#include "store.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <utility>
#include <vector>

#include "child/child.h"
#include "command_line.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr auto kLimit = std::chrono::minutes(2);

// Names of images, the one that was made first first. `text`: what `buildah images --json` prints.
std::vector<std::string> OldestFirst(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  std::vector<std::pair<std::string, std::string>> dated;
  if (error || !value.is_array()) return {};
  for (const json::value& image : value.get_array()) {
    if (!image.is_object()) continue;
    const json::value* names = image.get_object().if_contains("names");
    const json::value* made = image.get_object().if_contains("createdatraw");
    if (!names || !names->is_array()) continue;
    for (const json::value& name : names->get_array())
      if (name.is_string())
        dated.emplace_back(made && made->is_string() ? std::string(made->get_string()) : "",
                           std::string(name.get_string()));
  }
  std::stable_sort(dated.begin(), dated.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> ordered;
  for (auto& [made, name] : dated) ordered.push_back(std::move(name));
  return ordered;
}

}  // namespace

bool Store::Run(const sdk::Call& call, const std::vector<std::string>& words,
                std::string* output) const {
  Circumstances circumstances;
  circumstances.buildah = buildah_;
  circumstances.store = slot_.store();
  circumstances.run = slot_.memory() + "/run";
  circumstances.tmp = slot_.tmp();
  const CommandLine line = StoreCommand(words, circumstances);
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.deadline = std::chrono::steady_clock::now() + kLimit;
  spec.output = [output](std::string_view bytes) {
    if (output) *output += bytes;
  };
  spec.tick = [] { return true; };
  const child::ChildResult result = child::RunChild(call, spec);
  return result.ending == child::Ending::kExited && result.exit_code == 0;
}

bool Store::RemoveContainers(const sdk::Call& call) const {
  std::error_code error;
  if (fs::is_empty(slot_.memory() + "/containers", error) || error) return true;
  return Run(call, {"rm", "--all"});
}

int64_t Store::Bytes() const {
  int64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator layer(slot_.store() + "/overlay", error), end; !error && layer != end;
       layer.increment(error)) {
    std::error_code gone;
    for (fs::recursive_directory_iterator
             entry(layer->path() / "diff", fs::directory_options::skip_permission_denied, gone),
         last;
         !gone && entry != last; entry.increment(gone)) {
      struct stat info {};
      if (::lstat(entry->path().c_str(), &info) == 0) bytes += info.st_blocks * 512;
    }
  }
  return bytes;
}

void Store::Bound(const sdk::Call& call, int64_t bytes) const {
  Run(call, {"rmi", "--prune"});
  if (Bytes() <= bytes) return;
  std::string listed;
  if (!Run(call, {"images", "--json"}, &listed)) return;
  for (const std::string& name : OldestFirst(listed)) {
    Run(call, {"rmi", name});
    if (Bytes() <= bytes) return;
  }
}

}  // namespace ns::engine_buildah
