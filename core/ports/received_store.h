// Which repositories are pushed straight to the platform, and where they lie.
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"
#include "model/repository.h"

namespace ns::ports {

struct Received {
  std::string name;         // as model::ReceivedNameMistake lets it pass
  RepositoryId repository;  // whose URL is model::ReceivedUrl(name)
  std::string host;         // name of the machine in whose data folder it lies
  std::string address;  // http(s) URL of that machine's gateway; empty: other machines have none
  bool gone = false;    // the repository was deleted: its folder shall go, then this row
  friend bool operator==(const Received&, const Received&) = default;
};

// [any-thread]
class ReceivedStore {
 public:
  virtual ~ReceivedStore() = default;
  // The repository and its place at once. kExists: the name is taken, perhaps by one that is gone.
  virtual Status Insert(const model::Repository& repository, const Received& place,
                        const UserId& actor) = 0;
  // kNotFound: no such name, or the repository is gone.
  virtual Result<Received> Find(const std::string& name) = 0;
  // All that lie on that machine, gone ones too, by name.
  virtual Result<std::vector<Received>> On(const std::string& host) = 0;
  // All that lie on that machine are reached there from now on.
  virtual Status SetAddress(const std::string& host, const std::string& address) = 0;
  // Frees a name. kPrecondition: its repository is not gone.
  virtual Status Forget(const std::string& name) = 0;
};

}  // namespace ns::ports
