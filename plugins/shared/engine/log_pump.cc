#include "engine/log_pump.h"

#include <utility>

namespace ns::engine {
namespace {

constexpr size_t kFull = 1 << 20;   // bytes
constexpr size_t kMost = 64 << 20;  // bytes
constexpr const char* kLost = "#log clipped: whoever takes it does not keep up\n";

}  // namespace

LogPump::LogPump(const sdk::Call& call, const sdk::ByteSink& receiver)
    : call_(call), receiver_(receiver), sink_(ns_sink{this, &Take}), thread_([this] { Give(); }) {}

LogPump::~LogPump() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
    if (call_.Cancelled()) waiting_.clear();
  }
  changed_.notify_all();
}

bool LogPump::Full() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() > kFull;
}

// Once the receiver has refused something, so does this.
ns_status LogPump::Take(void* self, ns_bytes bytes) noexcept {
  auto& pump = *static_cast<LogPump*>(self);
  const std::lock_guard lock(pump.mutex_);
  if (pump.refused_) return NS_E_CANCELLED;
  const bool lost = pump.waiting_.size() + bytes.size > kMost;
  if (!lost)
    pump.waiting_ += sdk::View(bytes);
  else if (!pump.lost_)
    pump.waiting_ += kLost;
  pump.lost_ = lost;
  pump.changed_.notify_all();
  return NS_OK;
}

void LogPump::Give() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return done_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string piece = std::exchange(waiting_, {});
    lock.unlock();
    bool refused = false;
    try {
      receiver_.Write(piece);
    } catch (const sdk::Error&) {
      refused = true;
    }
    lock.lock();
    refused_ = refused_ || refused;
    if (done_ && (refused_ || call_.Cancelled())) return;
  }
}

}  // namespace ns::engine
