// A changed configuration on its way to the host that runs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "config/config.h"

namespace ns::host {

// Hands it over as far as it can be taken; what cannot is said in the log. [any-thread]
class Reloader {
 public:
  using Tell = std::function<void(const config::Config& now)>;

  // `running`: what the process was started with, which must outlive the reloader.
  Reloader(std::string path, const config::Config& running)
      : path_(std::move(path)), running_(running) {}

  // The host is told as long as this lives, and at once of what was asked for before, while it was
  // starting.
  class Attached {
   public:
    Attached(Reloader& to, Tell tell);
    ~Attached();
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;

   private:
    Reloader& to_;
  };

  // Reads the file again. One with mistakes changes nothing.
  void Reload();

 private:
  struct State {
    Tell tell;
    std::optional<config::Config> missed;  // nobody was there to be told
  };

  const std::string path_;
  const config::Config& running_;
  Guarded<State> state_;
};

}  // namespace ns::host
