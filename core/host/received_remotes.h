// How repositories that were pushed to the platform are fetched: from this disk where they lie
// here, else over HTTP from the machine that has them. Submodules that lie
// beside them come the same way, where their owners agree.
#pragma once

#include "base/clock.h"
#include "ports/git_remote.h"
#include "ports/store.h"

namespace ns::host {

struct ReceivedPlaces {
  std::string host;    // the name of this machine
  std::string folder;  // of those that lie here
  Secret key;          // of tokens to fetch with
  Duration token_time = std::chrono::hours(1);
};

// [any-thread]
class ReceivedRemotes final : public ports::GitRemote {
 public:
  // All outlive it.
  ReceivedRemotes(ports::GitRemote& git, const ports::Store& store, ReceivedPlaces places,
                  Clock& clock);

  Result<std::vector<model::GitRef>> ListRefs(const ports::Call& call,
                                              const ports::Remote& remote) override;
  Result<std::vector<model::Commit>> Commits(const ports::Call& call, const ports::Remote& remote,
                                             const std::vector<std::string>& hashes) override;
  Status Checkout(const ports::Call& call, const ports::Remote& remote, const std::string& commit,
                  const std::string& path, const ports::LargeFiles& large) override;
  Result<ports::HostKeyLook> HostKey(const ports::Call& call, const ports::Remote& remote) override;

  // The remote as another machine can fetch it, for a while; others as they are. "NotReachable": no
  // address is known.
  Result<ports::Remote> ForElsewhere(ports::Remote remote) const;

 private:
  std::string PathOf(const std::string& name) const;
  Status PutBeside(const std::string& whole, const std::string& names, ports::Remote& remote) const;
  Result<ports::Remote> ForHere(ports::Remote remote) const;
  Result<ports::Remote> OverHttp(ports::Remote remote, const ports::Received& place) const;

  ports::GitRemote& git_;
  const ports::Store store_;
  const ReceivedPlaces places_;
  Clock& clock_;
};

}  // namespace ns::host
