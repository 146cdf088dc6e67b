// What running the phases of a build asks of dockerd: containers that run to their end, and the
// volumes that they share.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "docker/engine.h"
#include "http/http.h"

namespace ns::engine_docker {

// What an image says of itself.
struct ImageFacts {
  std::string os, architecture;
  std::map<std::string, std::string> env;
};

// A container that runs once.
struct PhaseSpec {
  std::string name, image, user;  // user: "1000:1000"
  docker::Labels labels;
  std::vector<std::string> command;                          // instead of the image's entrypoint
  std::vector<std::string> env;                              // "KEY=value"
  std::vector<std::pair<std::string, std::string>> volumes;  // name and path
  std::string network;                                       // "none", "bridge", "host"
  std::vector<std::string> capabilities;                     // all that it has
  int64_t memory = 0, nano_cpus = 0, pids = 0;               // 0: no limit
};
std::string RenderPhase(const PhaseSpec& spec);     // of POST /containers/create
ImageFacts ParseImageFacts(std::string_view json);  // of GET /images/{name}/json

struct VolumeFacts {
  std::string name;
  docker::Labels labels;
  int64_t size = 0;  // bytes; 0 where it was not asked for
};
std::vector<VolumeFacts> ParseVolumes(std::string_view json);  // of /volumes and /system/df

// Throws as docker::Engine does. [any-thread]
class PhaseDocker {
 public:
  explicit PhaseDocker(const std::string& socket) : socket_(socket), engine_(socket) {}

  docker::Engine& engine() { return engine_; }
  // nullopt: the image is not here.
  std::optional<ImageFacts> Facts(const sdk::Call& call, const std::string& image);
  // Why the registry of `reference` does not serve this account, by what dockerd hears from it;
  // empty: it does, whether it has that image or not.
  std::string TroubleWith(const sdk::Call& call, const std::string& reference,
                          const std::string& username, const std::string& password);
  void Create(const sdk::Call& call, const PhaseSpec& spec);
  // Unpacks a tar archive, which `read` gives piece by piece, into a folder of a container.
  void Put(const sdk::Call& call, const std::string& container, const std::string& folder,
           const std::function<size_t(char*, size_t)>& read,
           const std::vector<http::Watched>& watched);
  // Starts it, gives what it writes line by line, and returns when it has ended; what `take` throws
  // is thrown on. `watched` as in http::Client::Stream.
  docker::Container RunToEnd(const sdk::Call& call, const std::string& container,
                             const std::function<void(const std::string&)>& take,
                             const std::vector<http::Watched>& watched);

  void CreateVolume(const sdk::Call& call, const std::string& name, const docker::Labels& labels);
  // One that is not there, or in use, is fine.
  void RemoveVolume(const sdk::Call& call, const std::string& name);
  std::vector<VolumeFacts> Volumes(const sdk::Call& call, const docker::Labels& labels);
  // Of all volumes, with their sizes. dockerd walks through them for it.
  std::vector<VolumeFacts> VolumeSizes(const sdk::Call& call);

 private:
  http::Request RequestTo(const std::string& method, const std::string& path) const;
  http::Response Ask(const sdk::Call& call, http::Request request);

  const std::string socket_;
  docker::Engine engine_;
  http::Client http_;
};

}  // namespace ns::engine_docker
