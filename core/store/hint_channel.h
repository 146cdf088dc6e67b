// Hints through PostgreSQL's LISTEN and NOTIFY.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "ports/store.h"
#include "store/pool.h"

namespace ns::store {

// "application:ID" as triggers and Send write it.
std::string FormatHint(const ports::Hint& hint);
std::optional<ports::Hint> ParseHint(std::string_view payload);

// [any-thread]
class HintChannel final : public ports::Hints {
 public:
  HintChannel(Pool& pool, const PgOptions& options) : pool_(pool), options_(options) {}

  Status Send(const ports::Hint& hint) override;
  void Subscribe(std::function<void(const ports::Hint&)> on_hint) override;
  // See PgStore::Listen.
  void Listen(const std::stop_token& stop);

 private:
  class StopSignal;
  Status ListenOnce(const StopSignal& stop);
  // Hints everything: changes may have been missed.
  Status CatchUp(Connection& connection);
  void Tell(const ports::Hint& hint);

  Pool& pool_;
  const PgOptions options_;
  Guarded<std::vector<std::function<void(const ports::Hint&)>>> subscribers_;
};

}  // namespace ns::store
