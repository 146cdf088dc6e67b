#include "host/received_remotes.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "api/receive_part.h"
#include "model/fetch_token.h"
#include "model/received.h"

namespace ns::host {
namespace {

// What an attempt left. The folder itself stays: it may be a mount point.
void Empty(const std::string& folder) {
  std::error_code error, ignored;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error))
    std::filesystem::remove_all(at->path(), ignored);
}

// What the owner of the source can mend is the source's fault.
Status OfSubmodule(Status status, const std::string& name) {
  if (status.code() == Code::kNotFound)
    status.SetReason("RepositoryNotFound").SetFault(Fault::kSource);
  return status.Prefixed("submodule \"../" + name + ".git\"");
}

}  // namespace

ReceivedRemotes::ReceivedRemotes(ports::GitRemote& git, const ports::Store& store,
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
  NS_ASSIGN(ports::Remote found, ForHere(remote));
  for (;;) {
    const Status done = git_.Checkout(call, found, commit, path, large);
    const auto whole = model::ReceivedName(remote.url);
    if (done.reason() != ports::kSubmoduleBeside || !whole) return done;
    NS_TRY(PutBeside(*whole, done.details(), found));
    Empty(path);
  }
}

// Each round has more of them, so that it ends.
Status ReceivedRemotes::PutBeside(const std::string& whole, const std::string& names,
                                  ports::Remote& remote) const {
  std::istringstream lines(names);
  for (std::string name; std::getline(lines, name);) {
    const auto part = api::FindPart(store_, whole, name);
    if (!part.ok()) return OfSubmodule(part.status(), name);
    if (part->host != places_.host)
      return OfSubmodule(
          Status(Code::kPrecondition, "RepositoryElsewhere",
                 "lies on the machine " + part->host +
                     ", and a submodule beside a repository must lie where that does")
              .SetFault(Fault::kSource),
          name);
    std::string folder = PathOf(name);
    if (std::ranges::find(remote.beside, folder) != remote.beside.end())
      return Internal("the submodule " + name + " is at hand and was asked for");
    remote.beside.push_back(std::move(folder));
  }
  return {};
}

std::string ReceivedRemotes::PathOf(const std::string& name) const {
  return places_.folder + "/" + name + ".git";
}

Result<ports::HostKeyLook> ReceivedRemotes::HostKey(const ports::Call& call,
                                                    const ports::Remote& remote) {
  return git_.HostKey(call, remote);  // none of those here is reached by SSH
}

Result<ports::Remote> ReceivedRemotes::ForHere(ports::Remote remote) const {
  const auto name = model::ReceivedName(remote.url);
  if (!name) return remote;
  NS_ASSIGN(const ports::Received place, store_.received.Find(*name));
  if (place.host != places_.host) return OverHttp(std::move(remote), place);
  remote.url = PathOf(*name);
  return remote;
}

Result<ports::Remote> ReceivedRemotes::ForElsewhere(ports::Remote remote) const {
  const auto name = model::ReceivedName(remote.url);
  if (!name) return remote;
  NS_ASSIGN(const ports::Received place, store_.received.Find(*name));
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
  remote.credentials.username = model::FetchUser(place.name);
  remote.credentials.password = Secret(model::FetchToken(places_.key, place.name, until));
  return remote;
}

}  // namespace ns::host
