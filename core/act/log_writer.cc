#include "act/log_writer.h"

#include <algorithm>

#include "act/pause.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;

constexpr size_t kChunk = 16 << 10;
constexpr size_t kHeldBack = 1 << 20;
constexpr Duration kGather = 200ms;
constexpr Duration kRetry = 500ms;
constexpr int kLastTries = 30;  // as long as a claim holds without being renewed
constexpr std::string_view kCut =
    "\n-- the log is longer than the platform keeps; the rest is left out --\n";

}  // namespace

LogWriter::LogWriter(ports::BuildDesk& desk, ports::Claim claim, int64_t limit)
    : desk_(desk),
      claim_(std::move(claim)),
      room_(limit),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

LogWriter::~LogWriter() {
  thread_.request_stop();
  changed_.notify_all();
  thread_.join();
}

void LogWriter::Write(std::string_view bytes) {
  Lock lock(mutex_);
  changed_.wait(mutex_,
                [this]() NS_REQUIRES(mutex_) { return lost_ || pending_.size() < kHeldBack; });
  if (lost_ || room_ <= 0) return;
  const size_t taken = std::min(bytes.size(), static_cast<size_t>(room_));
  pending_.append(bytes.substr(0, taken));
  room_ -= static_cast<int64_t>(taken);
  if (taken < bytes.size()) {
    pending_.append(kCut);
    room_ = 0;
  }
  changed_.notify_all();
}

bool LogWriter::lost() {
  Lock lock(mutex_);
  return lost_;
}

void LogWriter::Run(const std::stop_token& stop) {
  int tries_left = kLastTries;
  mutex_.lock();
  while (!lost_ && tries_left > 0) {
    if (pending_.empty()) {
      if (stop.stop_requested()) break;
      changed_.wait(mutex_, stop, [this]() NS_REQUIRES(mutex_) { return !pending_.empty(); });
      continue;
    }
    changed_.wait_for(mutex_, stop, kGather,
                      [this]() NS_REQUIRES(mutex_) { return pending_.size() >= kChunk; });
    const std::string chunk = pending_.substr(0, kHeldBack);
    mutex_.unlock();
    const Status sent = Send(chunk);
    if (!sent.ok() && sent.code() != Code::kStale) {
      if (stop.stop_requested()) --tries_left;
      Pause({}, kRetry);
    }
    mutex_.lock();
    pending_.erase(0, taken_);
    lost_ = sent.code() == Code::kStale;
    changed_.notify_all();
  }
  lost_ = lost_ || tries_left == 0;
  changed_.notify_all();
  mutex_.unlock();
}

// Sets `taken_`. The desk says where the log ends: behind what was sent; before it, where the store
// has lost its last writes to a fail-over, and the rest goes on from there.
Status LogWriter::Send(const std::string& chunk) {
  taken_ = 0;
  const bool asks = !end_.has_value();
  const int64_t offset = end_.value_or(0);
  const Result<int64_t> end =
      desk_.AppendLog({}, claim_, offset, asks ? std::string_view() : std::string_view(chunk));
  if (!end.ok()) return end.status();
  end_ = *end;
  if (asks) return Status();
  if (*end <= offset) return Unavailable("the log ends before what was sent");
  taken_ = std::min(chunk.size(), static_cast<size_t>(*end - offset));
  return Status();
}

}  // namespace ns::act
