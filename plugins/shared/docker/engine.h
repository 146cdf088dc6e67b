// A client of one Docker Engine over its Unix socket. [any-thread]
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "docker/types.h"
#include "http/http.h"

namespace ns::docker {

// Throws sdk::Error: NS_E_UNAVAILABLE with reason BackendUnavailable while the Engine does not
// answer, else NS_E_NOT_FOUND, NS_E_EXISTS (409), NS_E_INVALID (400), NS_E_INTERNAL with the
// Engine's own words.
class Engine {
 public:
  explicit Engine(std::string socket = "/var/run/docker.sock") : socket_(std::move(socket)) {}

  void Ping(const sdk::Call& call);
  // Of the API in use, e.g. 141 for 1.41.
  int Version(const sdk::Call& call);

  // Containers that bear all these labels, also ended ones: one request.
  std::vector<Listed> List(const sdk::Call& call, const Labels& labels);
  // The same, each inspected; those that vanish meanwhile are left out.
  std::vector<Container> Containers(const sdk::Call& call, const Labels& labels);
  std::optional<Container> Inspect(const sdk::Call& call, const std::string& id);
  std::string Create(const sdk::Call& call, const ContainerSpec& spec);
  std::string CreateUnstarted(const sdk::Call& call, const UnstartedSpec& spec);
  void Start(const sdk::Call& call, const std::string& id);
  // Sends the stop signal that the container was made with and returns. One that does not run is
  // fine.
  void AskToStop(const sdk::Call& call, const std::string& id);
  void Kill(const sdk::Call& call, const std::string& id);
  // Kills it first when it runs, with its anonymous volumes. One that is not there is fine.
  void Remove(const sdk::Call& call, const std::string& id);
  void SetRestartPolicy(const sdk::Call& call, const std::string& id, const std::string& policy);
  // Unpacks a tar archive into the root of a container.
  void PutArchive(const sdk::Call& call, const std::string& id, std::string tar);
  // nullopt: nothing is there. Links on the way to the last part are followed within the container.
  std::optional<PathStat> Stat(const sdk::Call& call, const std::string& id,
                               const std::string& path);
  // A tar archive of what is at `path`, piece by piece; what `take` throws ends it. Of "folder/."
  // the names begin with "./". `watched` as in http::Client::Stream.
  void GetArchive(const sdk::Call& call, const std::string& id, const std::string& path,
                  const std::function<void(std::string_view)>& take,
                  const std::vector<http::Watched>& watched);

  std::vector<Network> Networks(const sdk::Call& call, const Labels& labels);
  std::optional<Network> InspectNetwork(const sdk::Call& call, const std::string& name);
  std::string CreateNetwork(const sdk::Call& call, const std::string& name,
                            const std::string& subnet, const Labels& labels);
  void RemoveNetwork(const sdk::Call& call, const std::string& id);

  bool HasImage(const sdk::Call& call, const std::string& reference);
  // Reason ImageGone when the registry does not know it, else ImagePullFailed.
  void Pull(const sdk::Call& call, const std::string& reference, const std::string& username,
            const std::string& password);
  std::vector<Image> Images(const sdk::Call& call, const Labels& labels);
  // When an image got its last name here; nullopt: never, or it is not there.
  std::optional<UtcTime> Tagged(const sdk::Call& call, const std::string& id);
  // With all its names; in use or not there is fine.
  void RemoveImage(const sdk::Call& call, const std::string& id);

  // Events of containers and networks until the stream ends. `begun` is called once what happens
  // from now on will be told; `watched` as in http::Client::Stream.
  void Events(const sdk::Call& call, const std::function<void()>& begun,
              const std::function<void(const Event&)>& take,
              const std::vector<http::Watched>& watched);
  // How many records of the Engine there were: a long line is several.
  int Logs(const sdk::Call& call, const std::string& id, const LogQuery& query,
           const std::function<void(LogLine)>& take);
  // Within 3 s. nullopt: it is not there, or does not run.
  std::optional<Usage> Stats(const sdk::Call& call, const std::string& id);

 private:
  http::Response Ask(const sdk::Call& call, const std::string& method, const std::string& path,
                     std::string body = "",
                     std::chrono::milliseconds timeout = std::chrono::seconds(60));
  http::Request RequestTo(const sdk::Call& call, const std::string& method,
                          const std::string& path);
  std::string Prefix(const sdk::Call& call);

  const std::string socket_;
  http::Client http_;
  std::mutex mutex_;
  std::string prefix_;  // "/v1.41", once known
};

}  // namespace ns::docker
