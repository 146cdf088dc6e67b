#include "ssgen/needless.h"

#include <string_view>

namespace ns::ssgen {

Site SiteOf(const model::SiteDemand& demand) {
  constexpr std::string_view kAlgorithm = "sha256:";
  const std::string& digest = demand.artifact.digest;
  const std::string sha256 =
      digest.starts_with(kAlgorithm) ? digest.substr(kAlgorithm.size()) : digest;
  return {{demand.app, demand.release},
          demand.artifact.ArtifactKey(),
          {static_cast<uint64_t>(demand.artifact.size), sha256},
          demand.spa};
}

std::map<SiteName, Duration> NeedlessSince(const std::map<SiteName, Duration>& before,
                                           const std::vector<SiteName>& present, const Needs& needs,
                                           Duration now) {
  std::map<SiteName, Duration> since;
  for (const SiteName& site : present) {
    if (needs.Have(site)) continue;
    const auto known = before.find(site);
    since[site] = known == before.end() ? now : known->second;
  }
  return since;
}

std::vector<SiteName> Overdue(const std::map<SiteName, Duration>& since, Duration limit) {
  std::vector<SiteName> overdue;
  for (const auto& [site, at] : since) {
    if (at <= limit) overdue.push_back(site);
  }
  return overdue;
}

}  // namespace ns::ssgen
