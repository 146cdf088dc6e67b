#include "api/owned.h"

namespace ns::api {

Result<std::set<std::string>> OwnedIds(const Context& context, const model::User& user) {
  std::set<std::string> owned;
  NS_ASSIGN(const auto apps, context.store().apps.List());
  for (const model::Application& app : apps) {
    if (Owns(user, app.owners)) owned.insert(app.id.str());
  }
  NS_ASSIGN(const auto repositories, context.store().repositories.List());
  for (const model::Repository& repository : repositories) {
    if (Owns(user, repository.owners)) owned.insert(repository.id.str());
  }
  return owned;
}

}  // namespace ns::api
