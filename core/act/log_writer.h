// A build's log on its way to the desk.
#pragma once

#include <condition_variable>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.h"
#include "ports/build_desk.h"

namespace ns::act {

// Where a build's log goes.
class BuildLog {
 public:
  virtual ~BuildLog() = default;
  // [any-thread]
  virtual void Write(std::string_view bytes) = 0;
};

// Gathers bytes and appends them in chunks: at the latest 200 ms after they came, or when 16 KiB
// are there. A desk out of reach makes the writer wait once 1 MiB is held back, so that nothing is
// lost and memory stays bounded. Begins behind what earlier attempts have written. Past `limit`
// bytes one line says that the rest is left out.
class LogWriter final : public BuildLog {
 public:
  LogWriter(ports::BuildDesk& desk, ports::Claim claim, int64_t limit = 16 << 20);
  // Appends the rest, trying for as long as a claim may hold.
  ~LogWriter() override;

  void Write(std::string_view bytes) override NS_EXCLUDES(mutex_);
  // The claim is lost: nothing more can be stored.
  bool lost() NS_EXCLUDES(mutex_);

 private:
  void Run(const std::stop_token& stop);
  Status Send(const std::string& chunk);

  ports::BuildDesk& desk_;
  const ports::Claim claim_;
  std::optional<int64_t> end_;  // of the thread: of the log, as far as it is known
  size_t taken_ = 0;            // of the thread: bytes of the last chunk that are stored
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::string pending_ NS_GUARDED_BY(mutex_);
  int64_t room_ NS_GUARDED_BY(mutex_);
  bool lost_ NS_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace ns::act
