// What the engine asks of dockerd beside building: push, forget images, bound the cache.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/engine.h"
#include "http/http.h"
#include "ns/sdk/engine.h"

namespace ns::engine_docker {

class Images {
 public:
  explicit Images(std::string socket) : socket_(socket), engine_(socket) {}

  // Whether dockerd answers.
  bool Answers(const sdk::Call& call);
  // Where dockerd keeps what it has, a path on its machine; empty where it does not say.
  std::string DataRoot(const sdk::Call& call);
  // Pushes a tagged image; the digest and size of its manifest as the registry knows them. Throws
  // RegistryUnavailable or EngineUnavailable, and what one of `watched` does.
  sdk::EngineResult Push(const sdk::Call& call, const sdk::EngineJob& job,
                         const std::function<void(std::string_view)>& log,
                         const std::vector<http::Watched>& watched);
  // Bytes of an image's layers; 0 when unknown.
  int64_t Size(const sdk::Call& call, const std::string& reference);
  // Takes the name away, and the image when that was its last one. One that is not there is fine.
  void Forget(const sdk::Call& call, const std::string& reference);
  // Removes the images of a build of this installation that no container uses.
  void ForgetBuild(const sdk::Call& call, const std::string& installation,
                   const std::string& build);
  // Removes images of other builds of the job's application that no container uses, but for the
  // `keep` that were tagged last.
  void ForgetOlder(const sdk::Call& call, const std::string& installation,
                   const sdk::EngineJob& job, size_t keep);
  // Drops the layers that were unused longest until the cache is that small, in bytes.
  void BoundCache(const sdk::Call& call, int64_t bytes);

 private:
  std::vector<docker::Image> LastTaggedFirst(const sdk::Call& call,
                                             std::vector<docker::Image> images);
  void ForgetAll(const sdk::Call& call, const docker::Image& image);
  http::Response Ask(const sdk::Call& call, const std::string& method, const std::string& path,
                     int seconds = 60);

  const std::string socket_;
  http::Client http_;
  docker::Engine engine_;
};

}  // namespace ns::engine_docker
