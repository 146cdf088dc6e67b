// Traefik: a helper of the host, its files, and what it says of itself.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "config.h"
#include "ns/sdk/host.h"
#include "traefik/api.h"
#include "traefik/routing.h"

namespace ns::backend_docker {

// Files below `<data folder>/traefik`: traefik.yml, api-port, dynamic/<app>.yml,
// dynamic/shared.yml. Several hosts may share the folder: an application's file is written under
// its lock, the others under one of their own. [any-thread]
class Proxy {
 public:
  Proxy(const sdk::Host& host, const Config& config, http::Client& http);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // Writes the static files and goes on trying to have Traefik run, on a thread of its own, until
  // it does.
  void Open();
  void Close();

  traefik::Entries entries() const;
  std::string routes_folder() const { return folder_ + "/dynamic"; }
  // The text of an application's file; nullopt: there is none.
  std::optional<std::string> ReadFile(const std::string& app) const;
  // Whole and by renaming; an empty text takes the file away. One that is as asked is not touched.
  void WriteFile(const std::string& app, const std::string& text) const;
  // As traefik::Api::Missing; that Traefik does not answer is an answer too.
  std::string Missing(const sdk::Call& call, const traefik::Config& config,
                      const std::string& prefix, const std::string& provider);

 private:
  void Keep(const std::stop_token& stop);
  bool TryEnsure(const std::stop_token& stop, std::string& said);
  std::string StaticFile(int api_port) const;
  int ApiPort();
  std::string Binary() const;

  const sdk::Host host_;
  const Config& config_;
  traefik::Api api_;
  const std::string folder_;
  std::mutex mutex_;
  std::string api_address_;  // guarded by mutex_
  std::jthread keeper_;
};

}  // namespace ns::backend_docker
