#include "form/planning.h"

#include "text.h"

namespace ns::cli::form {

bool SameNames(Names a, Names b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

Names Planning::IdsOf(const Names& names, const std::string& field) {
  Names ids;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto user = std::ranges::find_if(live_.users, [&](const api::User& one) {
      return Lowered(one.name()) == Lowered(names[i]) || one.id() == names[i];
    });
    if (user == live_.users.end())
      Fault(field + "[" + std::to_string(i) + "]", "there is no user \"" + names[i] + "\"");
    else if (std::ranges::find(ids, user->id()) == ids.end())
      ids.push_back(user->id());
  }
  if (names.empty()) Fault(field, "must name at least one user");
  return ids;
}

}  // namespace ns::cli::form
