#include "inspections.h"

#include <algorithm>

namespace ns::backend_docker {

using docker::Container;
using docker::Listed;

std::optional<Container> Inspections::Find(const Listed& listed) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(listed.id);
  if (found == kept_.end() || found->second.outline != listed.outline) return std::nullopt;
  return found->second.container;
}

void Inspections::Keep(const Listed& listed, const Container& container) {
  const std::lock_guard lock(mutex_);
  if (listed.state == container.state && listed.name == container.name)
    kept_[listed.id] = {listed.outline, container, ++turn_};
  else
    kept_.erase(listed.id);
}

std::vector<Listed> Inspections::Due(const std::vector<Listed>& all, size_t least) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Kept> kept;
  std::vector<std::pair<uint64_t, const Listed*>> by_turn;
  for (const Listed& listed : all) {
    auto node = kept_.extract(listed.id);
    if (node.empty()) continue;
    if (node.mapped().outline == listed.outline) by_turn.emplace_back(node.mapped().turn, &listed);
    kept.insert(std::move(node));
  }
  kept_ = std::move(kept);
  std::ranges::sort(by_turn);
  by_turn.resize(std::min(by_turn.size(), std::max(least, all.size() / 20)));
  std::vector<Listed> due;
  for (const auto& [turn, listed] : by_turn) due.push_back(*listed);
  return due;
}

}  // namespace ns::backend_docker
