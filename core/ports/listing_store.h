// What answers show of many rows at once, chosen where the rows are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"
#include "model/application.h"
#include "model/build.h"
#include "model/repository.h"
#include "model/snapshot.h"

namespace ns::ports {

// Applications of which all that is given is so.
struct AppScope {
  std::optional<UserId> owner{};
  std::optional<RepositoryId> repository{};
  std::optional<std::vector<AppId>> among{};  // it is one of these
  friend auto operator<=>(const AppScope&, const AppScope&) = default;
};

// Builds of which all that is given is so.
struct BuildScope {
  // Their application is no tombstone, and `seer` owns it, or its repository, or that needs no
  // credentials.
  std::optional<UserId> seer{};
  std::optional<std::vector<AppId>> among{};  // it is one of these
};

// All that decides what is shown of an application: while its stamp is the same, so is the rest.
struct AppStamp {
  AppId id;
  int64_t version = 0;  // grows with every change but those of what was observed
  model::ContainerState container = model::ContainerState::kMissing;  // as observed last
  std::string message;                                                // the same
  friend bool operator==(const AppStamp&, const AppStamp&) = default;
};

struct ListedApp {
  AppStamp stamp;
  model::Application app;                           // without env
  BuildId current_build;                            // of the target's release; empty: none
  std::optional<model::BuildStatus> latest_status;  // of its newest build
};

struct AppName {
  AppId id;
  std::string name;
  bool deleted = false;  // a tombstone, which is being cleaned up
  friend bool operator==(const AppName&, const AppName&) = default;
};

enum class RepositoryScope {
  kOwned,    // by the user
  kUsable,   // those, and such as need no credentials
  kVisible,  // those, and such as an application uses that is no tombstone
  kAll
};

// An application of which `commit` is the head, or was built, comes from `repository`.
struct CommitPlace {
  std::string commit;
  RepositoryId repository;
  friend bool operator==(const CommitPlace&, const CommitPlace&) = default;
};

// All that is told of how an application is.
struct AppStanding {
  model::AppSnapshot snapshot;
  std::vector<model::Condition> of_repository;
  model::Attendance attendance;
};

// [any-thread]
class ListingStore {
 public:
  virtual ~ListingStore() = default;
  // Without tombstones, in order of creation; a short answer to one statement.
  virtual Result<std::vector<AppStamp>> Stamps(const AppScope& scope) = 0;
  // Those of `ids` that are not purged, tombstones too, in order of creation.
  virtual Result<std::vector<ListedApp>> Apps(const std::vector<AppId>& ids) = 0;
  // Newest first, `offset` rows passed over.
  virtual Result<std::vector<model::Build>> Builds(const BuildScope& scope, int64_t offset,
                                                   int limit) = 0;
  // Without credentials, by name.
  virtual Result<std::vector<model::Repository>> Repositories(RepositoryScope scope,
                                                              const UserId& user) = 0;
  // Of that repository, tombstones too, in order of creation.
  virtual Result<std::vector<AppName>> AppsOf(const RepositoryId& repository) = 0;
  // Each once, by commit and repository. Tombstones do not count.
  virtual Result<std::vector<CommitPlace>> Places(const std::vector<std::string>& commits) = 0;
  // Of those of `ids` that are not purged, in order of creation; as many statements for many as for
  // one.
  virtual Result<std::vector<AppStanding>> Standings(const std::vector<AppId>& ids) = 0;
  // How long the newest build of each took that succeeded; none of those that have none.
  virtual Result<std::map<AppId, Duration>> LastDurations(const std::vector<AppId>& apps) = 0;
  // Those of `hosts` whose "/" an application has that is no tombstone, each once, in their order.
  virtual Result<std::vector<std::string>> TakenHosts(const std::vector<std::string>& hosts) = 0;
};

}  // namespace ns::ports
