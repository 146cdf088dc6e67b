#include "host/reloader.h"

#include <utility>

#include "base/log.h"
#include "host/environment.h"

namespace ns::host {

Reloader::Attached::Attached(Reloader& to, Tell tell) : to_(to) {
  to_.state_.With([&](State& state) {
    state.tell = std::move(tell);
    if (const auto missed = std::exchange(state.missed, std::nullopt)) state.tell(*missed);
  });
}

Reloader::Attached::~Attached() {
  to_.state_.With([](State& state) { state.tell = nullptr; });
}

void Reloader::Reload() {
  const config::Loaded loaded = config::LoadFile(path_, Environment());
  for (const auto& mistake : loaded.mistakes)
    log::Error("the new configuration is refused", {{"mistake", mistake.ToString()}});
  if (!loaded.ok()) return;
  for (const std::string& key : config::NeedRestart(running_, loaded.config))
    log::Warn("a change takes effect at the next start", {{"key", key}});
  state_.With([&](State& state) {
    if (state.tell)
      state.tell(loaded.config);
    else
      state.missed = loaded.config;
  });
}

}  // namespace ns::host
