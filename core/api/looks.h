// How applications and builds are, looked up once for all who watch them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "model/application.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "neoshowcase/platform/v1/platform.pb.h"

namespace ns::api {

struct Context;

// What was seen of an application at one moment.
struct AppLook {
  bool there = false;  // else nothing of this holds: it is deleted, or its row does not read
  std::vector<UserId> owners;
  RepositoryId repository;
  neoshowcase::platform::v1::Application application;  // without variables
  neoshowcase::platform::v1::ApplicationStatus of_owners, of_others;
};

struct BuildLook {
  bool there = false;
  neoshowcase::platform::v1::BuildSummary of_owners, of_others;
};

struct RepositoryLook {
  bool there = false;
  std::vector<UserId> owners;
  std::string name;
  neoshowcase::platform::v1::RepositoryStatus status;
  std::vector<AppId> apps;  // that come from it
};

// What was looked up is given again to whoever wants nothing that is later; for some seconds, as
// not all that a look shows has an event. [any-thread]
class Looks {
 public:
  // As of a moment behind `moment` (EventFeed::Moment). Blocks on the store.
  Result<std::shared_ptr<const AppLook>> App(const Context& context, const AppId& id,
                                             uint64_t moment);
  Result<std::shared_ptr<const BuildLook>> Build(const Context& context, const BuildId& id,
                                                 uint64_t moment);
  Result<std::shared_ptr<const RepositoryLook>> Repository(const Context& context,
                                                           const RepositoryId& id, uint64_t moment);
  // Names are never changed.
  std::string NameOf(const Context& context, const std::string& actor);

 private:
  template <class Look>
  struct Kept {
    uint64_t moment = 0;
    Duration at{};
    std::shared_ptr<const Look> look;
  };
  template <class Look>
  using Shelf = Guarded<std::map<std::string, Kept<Look>>>;

  template <class Look, class Read>
  static Result<std::shared_ptr<const Look>> Get(Shelf<Look>& shelf, const Context& context,
                                                 const std::string& id, uint64_t moment,
                                                 Read&& read);

  Shelf<AppLook> apps_;
  Shelf<BuildLook> builds_;
  Shelf<RepositoryLook> repositories_;
  Guarded<std::map<std::string, std::string>> names_;
};

}  // namespace ns::api
