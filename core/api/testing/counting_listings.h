// A part of a store that counts what it is asked for.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <vector>

#include "ports/listing_store.h"

namespace ns::api {

class CountingListings final : public ports::ListingStore {
 public:
  explicit CountingListings(ports::ListingStore& inner) : inner_(inner) {}

  Result<std::vector<ports::AppStamp>> Stamps(const ports::AppScope& scope) override {
    ++stamps;
    auto all = inner_.Stamps(scope);
    if (between) between();
    return all;
  }
  Result<std::vector<ports::ListedApp>> Apps(const std::vector<AppId>& ids) override {
    read.push_back(ids);
    return inner_.Apps(ids);
  }
  Result<std::vector<model::Build>> Builds(const ports::BuildScope& scope, int64_t offset,
                                           int limit) override {
    return inner_.Builds(scope, offset, limit);
  }
  Result<std::vector<model::Repository>> Repositories(ports::RepositoryScope scope,
                                                      const UserId& user) override {
    return inner_.Repositories(scope, user);
  }
  Result<std::vector<ports::AppName>> AppsOf(const RepositoryId& repository) override {
    return inner_.AppsOf(repository);
  }
  Result<std::vector<ports::CommitPlace>> Places(const std::vector<std::string>& commits) override {
    return inner_.Places(commits);
  }
  Result<std::vector<ports::AppStanding>> Standings(const std::vector<AppId>& of) override {
    ++standings;
    return inner_.Standings(of);
  }
  Result<std::map<AppId, Duration>> LastDurations(const std::vector<AppId>& of) override {
    return inner_.LastDurations(of);
  }
  Result<std::vector<std::string>> TakenHosts(const std::vector<std::string>& hosts) override {
    return inner_.TakenHosts(hosts);
  }

  std::atomic<int> stamps = 0, standings = 0;
  std::vector<std::vector<AppId>> read;
  std::function<void()> between;  // the two questions

 private:
  ports::ListingStore& inner_;
};

}  // namespace ns::api
