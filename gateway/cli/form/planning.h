// What the plans of repositories and of applications have in common.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "form/plan.h"

namespace ns::cli::form {

using Names = std::vector<std::string>;

// In any order.
bool SameNames(Names a, Names b);

// Adds to a plan that outlives it, as all that it is given.
class Planning {
 public:
  Planning(const Read& wanted, const Live& live, const Options& options, Plan& plan)
      : wanted_(wanted), live_(live), options_(options), plan_(plan) {}

 protected:
  void Differ(const std::string& what, const std::string& before, const std::string& after) {
    plan_.differences.push_back({what, before, after});
  }
  void Fault(const std::string& field, const std::string& message) {
    plan_.mistakes.push_back({wanted_.PlaceOf(field), field, message});
  }

  // The one that the form means; null: none yet. `id`: exactly that one.
  template <class Wanted, class Items>
  const typename Items::value_type* Find(const Wanted& wanted, const Items& items,
                                         const std::string& noun) {
    if (!wanted.id.empty()) {
      const auto known =
          std::ranges::find(items, wanted.id, [](const auto& one) { return one.id(); });
      if (known != items.end()) return &*known;
      Fault(wanted.path + ".id",
            "no " + noun + " here has it; without id, the name says which is meant");
      return nullptr;
    }
    const typename Items::value_type* found = nullptr;
    std::string ids;
    for (const auto& one : items) {
      if (one.name() != wanted.name) continue;
      found = &one;
      ids += (ids.empty() ? "" : ", ") + one.id();
    }
    if (ids.find(',') != std::string::npos)
      Fault(wanted.path + ".name",
            "several have the name \"" + wanted.name + "\"; give id, one of " + ids);
    return found;
  }

  // Of the users of these names or ids; what names none is a fault of `field`.
  Names IdsOf(const Names& names, const std::string& field);

  // Ids of the owners that the form gives, where they are others than those of `known`.
  template <class Wanted, class Known>
  std::optional<Names> NewOwners(const Wanted& wanted, const Known& known) {
    if (!wanted.owners) return std::nullopt;
    Names ids = IdsOf(*wanted.owners, wanted.path + ".owners");
    const auto& now = known.owner_ids();
    if (SameNames(ids, {now.begin(), now.end()})) return std::nullopt;
    return ids;
  }

  const Read& wanted_;
  const Live& live_;
  const Options& options_;
  Plan& plan_;
};

}  // namespace ns::cli::form
