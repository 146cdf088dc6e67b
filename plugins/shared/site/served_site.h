// What the servers of sites have in common: files, process, checks, and how a configuration comes
// into force.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/http.h"
#include "ns/sdk/site.h"
#include "site/config.h"

namespace ns::site {

// Derive from it and say how the server is told things. Files in the data folder, which root keeps
// for itself: `server.conf`, `candidate.conf`, `socket`, `addresses`, all at which the server may
// answer by now, and `handed`, the address whose socket it was started with; `run` belongs to the
// server: a Unix socket to listen on must be in it.
// [any-thread]
class ServedSite : public sdk::Site {
 public:
  // `name`: of the helper; `program`, `package`: what it runs and what brings it.
  struct Traits {
    std::string name, program, package;
    int stop_signal = 15;  // lets open requests end
  };
  ServedSite(const sdk::Setup& setup, Traits traits);

  std::string Render(const sdk::SiteSettings& settings) override;
  void Check(const sdk::Call& call, const sdk::SiteSettings& settings) override;
  void Start(const sdk::Call& call, const sdk::SiteSettings& settings) override;
  void Reload(const sdk::Call& call, const sdk::SiteSettings& settings) override;
  void Stop(const sdk::Call& call, const sdk::SiteSettings& settings) override;
  void Probe(const sdk::Call& call, const sdk::SiteSettings& settings) override;

 protected:
  // What a configuration is about.
  struct Paths {
    std::string folder;  // the data folder
    std::string run;     // the server may write here
    std::string file;    // the configuration
  };
  const Config& config() const { return config_; }

  // The whole text. Any answer to a request with X-Controller-Probe and without X-Controller-App-Id
  // has the header X-Site-Mark with `mark`. Pure.
  virtual std::string Text(const sdk::SiteSettings& settings, const std::string& mark) const = 0;
  virtual std::vector<std::string> RunCommand(const std::string& binary,
                                              const Paths& paths) const = 0;
  // Succeeds where `paths.file` is good.
  virtual std::vector<std::string> CheckCommand(const std::string& binary,
                                                const Paths& paths) const = 0;
  // Has the server take up `paths.file`, from now on or soon. `pid` has answered with a mark of
  // ours, so that it is the server by now, and no launcher that a signal would end.
  virtual void TakeUp(const sdk::Call& call, const Paths& paths, int64_t pid) = 0;
  // Files that the text or the environment refers to, by name in the data folder; always the same.
  virtual std::map<std::string, std::string> Files() const { return {}; }
  // What the environment of the server must have so that it uses descriptor 3, which listens at
  // `listen` already, instead of a socket of its own.
  virtual std::vector<std::string> HandedOver(const Paths&) const { return {}; }
  // Throws where the server cannot listen there.
  virtual void CheckAddress(const sdk::SiteSettings&) const {}

  http::Client& http() { return http_; }

 private:
  static Paths PathsOf(const sdk::SiteSettings& settings);
  std::string MarkOf(const sdk::SiteSettings& settings) const;
  // The folders of the server, and whether it may read and enter what it must.
  void Prepare(const sdk::SiteSettings& settings) const;
  void Try(const sdk::Call& call, const sdk::SiteSettings& settings) const;
  void CheckFree(const sdk::Call& call, const sdk::SiteSettings& settings);
  void PutInForce(const sdk::Call& call, const sdk::SiteSettings& settings);
  void Ensure(const sdk::Call& call, const sdk::SiteSettings& settings) const;
  // The address whose socket the host hands to the server; empty: none.
  static std::string Handed(const sdk::SiteSettings& settings);
  // Has one that runs take up the file, unless it has; returns where none comes to answer.
  void Tell(const sdk::Call& call, const sdk::SiteSettings& settings);
  // The texts of `server.conf`, `socket` and `handed` in force before.
  struct Before {
    std::string file, socket, handed;
  };
  void PutBack(const sdk::Call& over, const sdk::SiteSettings& settings, const Before& before);
  // Until the server has answered with `mark` for a while, or the call is over.
  void TellBack(const sdk::Call& call, const sdk::SiteSettings& settings, const std::string& mark);
  bool IsOurs(const sdk::SiteSettings& settings, const std::string& mark) const;
  // The mark of our own server, wherever it answers; empty: nowhere.
  std::string OwnMark(const sdk::Call& call, const sdk::SiteSettings& settings);
  // What answers at the address: its mark; empty: nobody, or somebody else.
  std::string MarkAt(const sdk::Call& call, const std::string& listen);
  bool Await(const sdk::Call& call, const sdk::SiteSettings& settings,
             std::chrono::nanoseconds most);
  sdk::Error Away(const std::string& what) const;

  const sdk::Host host_;
  const Traits traits_;
  const Config config_;
  http::Client http_;
};

// Where a server is asked: the address that is its own.
const std::string& OwnAddress(const sdk::SiteSettings& settings);
// All that it listens at.
std::vector<std::string> ListenAddresses(const sdk::SiteSettings& settings);

// Lower-case hex of FNV-1a: tells configurations apart, keeps no secret.
std::string Fingerprint(const std::string& text);

}  // namespace ns::site
