// What the containers of all applications have used.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "docker_backend.h"
#include "kernel_usage.h"
#include "marks.h"

namespace ns::backend_docker {
namespace {

constexpr size_t kAtOnce = 8;  // questions to the Engine

sdk::Usage Counted(const docker::Listed& listed, const docker::Container& container,
                   const docker::Usage& usage) {
  // A container that was started again counts anew, on another process.
  return {listed.labels.at(kApp), container.id + "/" + std::to_string(container.pid),
          usage.cpu_ns,           usage.memory_bytes,
          usage.received_bytes,   usage.sent_bytes};
}

// What several threads were answered, for the one that puts it where it goes.
class Answers {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++asking_;
  }
  void End() {
    const std::lock_guard lock(mutex_);
    --asking_;
    changed_.notify_one();
  }
  template <class Ask>
  void Take(Ask&& ask) {
    try {
      auto usage = ask();
      const std::lock_guard lock(mutex_);
      if (usage) ready_.push_back(std::move(*usage));
    } catch (...) {
      const std::lock_guard lock(mutex_);
      ++failed_;
      failure_ = std::current_exception();
    }
    changed_.notify_one();
  }

  // Waits for the next; nullopt: there are no more.
  std::optional<sdk::Usage> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || asking_ == 0; });
    if (ready_.empty()) return std::nullopt;
    sdk::Usage usage = std::move(ready_.front());
    ready_.pop_front();
    return usage;
  }
  // Once there are no more.
  size_t failed() const { return failed_; }
  void Rethrow() const { std::rethrow_exception(failure_); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<sdk::Usage> ready_;
  size_t asking_ = 0, failed_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

// The kernel's files first, without a question; the rest is asked of the Engine, several at once. A
// container that fails is left out, so that the others are not.
void DockerBackend::Usages(const sdk::Call& call, const sdk::UsageSink& sink) {
  std::vector<docker::Listed> unread;
  for (docker::Listed& listed : engine_.List(call, {{kInstallation, host().installation()}})) {
    if (listed.state != "running" || !listed.labels.contains(kApp)) continue;
    const auto container = inspections_.Find(listed);
    const auto usage = container ? UsageOf(container->id, container->pid) : std::nullopt;
    if (usage)
      sink.Put(Counted(listed, *container, *usage));
    else
      unread.push_back(std::move(listed));
  }
  call.Check();
  AskUsages(call, unread, sink);
}

std::optional<sdk::Usage> DockerBackend::UsageNow(const sdk::Call& call,
                                                  const docker::Listed& listed) {
  auto container = inspections_.Find(listed);
  if (!container) container = Inspected(call, listed);
  if (!container) return std::nullopt;
  auto usage = UsageOf(container->id, container->pid);
  if (!usage) usage = engine_.Stats(call, container->id);
  return usage ? std::optional(Counted(listed, *container, *usage)) : std::nullopt;
}

void DockerBackend::AskUsages(const sdk::Call& call, const std::vector<docker::Listed>& unread,
                              const sdk::UsageSink& sink) {
  Answers answers;
  std::atomic<size_t> next = 0;
  const auto ask = [&] {
    for (size_t i; (i = next++) < unread.size() && !call.Cancelled() && !call.Expired();)
      answers.Take([&] { return UsageNow(call, unread[i]); });
    answers.End();
  };
  std::vector<std::jthread> askers;
  for (size_t i = 0; i < std::min(kAtOnce, unread.size()); ++i) {
    answers.Begin();
    askers.emplace_back(ask);
  }
  while (const auto usage = answers.Next()) sink.Put(*usage);
  askers.clear();
  if (call.Cancelled()) call.Check();
  // Where none can be read, it is not the containers.
  if (answers.failed() > 1 && answers.failed() == unread.size()) answers.Rethrow();
}

}  // namespace ns::backend_docker
