#include "host/received_remotes.h"

#include "model/fetch_token.h"
#include "model/received.h"

namespace ns::host {

ReceivedRemotes::ReceivedRemotes(ports::GitRemote& git, ports::ReceivedStore& store,
                                 ReceivedPlaces places, Clock& clock)
    : git_(git), store_(store), places_(std::move(places)), clock_(clock) {}

Result<std::vector<model::GitRef>> ReceivedRemotes::ListRefs(const ports::Call& call,
                                                             const ports::Remote& remote) {
  NS_ASSIGN(const ports::Remote found, ForHere(remote));
  return git_.ListRefs(call, found);
}

Result<std::vector<model::Commit>> ReceivedRemotes::Commits(
    const ports::Call& call, const ports::Remote& remote, const std::vector<std::string>& hashes) {
  NS_ASSIGN(const ports::Remote found, ForHere(remote));
  return git_.Commits(call, found, hashes);
}

Status ReceivedRemotes::Checkout(const ports::Call& call, const ports::Remote& remote,
                                 const std::string& commit, const std::string& path,
                                 const ports::LargeFiles& large) {
  NS_ASSIGN(const ports::Remote found, ForHere(remote));
  return git_.Checkout(call, found, commit, path, large);
}

Result<ports::HostKeyLook> ReceivedRemotes::HostKey(const ports::Call& call,
                                                    const ports::Remote& remote) {
  return git_.HostKey(call, remote);  // none of those here is reached by SSH
}

Result<ports::Remote> ReceivedRemotes::ForHere(ports::Remote remote) const {
  const auto name = model::ReceivedName(remote.url);
  if (!name) return remote;
  NS_ASSIGN(const ports::Received place, store_.Find(*name));
  if (place.host != places_.host) return OverHttp(std::move(remote), place);
  remote.url = places_.folder + "/" + *name + ".git";
  return remote;
}

Result<ports::Remote> ReceivedRemotes::ForElsewhere(ports::Remote remote) const {
  const auto name = model::ReceivedName(remote.url);
  if (!name) return remote;
  NS_ASSIGN(const ports::Received place, store_.Find(*name));
  return OverHttp(std::move(remote), place);
}

Result<ports::Remote> ReceivedRemotes::OverHttp(ports::Remote remote,
                                                const ports::Received& place) const {
  if (place.address.empty())
    return Status(Code::kUnavailable, "RepositoryElsewhere",
                  "the repository \"" + place.name + "\" lies on the machine " + place.host +
                      ", which has no receive.address that other machines reach")
        .SetFault(Fault::kOperator);
  remote.url = place.address + "/git/" + place.name + ".git";
  const Time until =
      clock_.Now() + std::chrono::duration_cast<std::chrono::microseconds>(places_.token_time);
  remote.credentials = {};
  remote.credentials.method = model::GitAuth::kBasic;
  remote.credentials.username = model::kFetchUser;
  remote.credentials.password = Secret(model::FetchToken(places_.key, place.name, until));
  return remote;
}

}  // namespace ns::host
