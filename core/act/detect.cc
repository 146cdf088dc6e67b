#include "act/detect.h"

#include <algorithm>
#include <utility>

namespace ns::act {

ports::Detection Detect(const ports::Call& call,
                        const std::map<std::string, ports::BuildMethod*>& methods,
                        const ports::SourceListing& source) {
  ports::Detection found;
  for (const auto& [name, method] : methods) {
    auto told = method->Detect(call, source);
    if (!told.ok()) {
      if (told.status().code() != Code::kUnsupported) found.failed.emplace(name, told.status());
      continue;
    }
    for (ports::Suggestion& one : *told) {
      auto& where = one.fit > 0 ? found.fits : found.misfits;
      where.push_back({name, std::move(one)});
    }
  }
  std::stable_sort(found.fits.begin(), found.fits.end(), [](const auto& a, const auto& b) {
    return a.suggestion.fit > b.suggestion.fit;
  });
  return found;
}

}  // namespace ns::act
