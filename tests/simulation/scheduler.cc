#include "scheduler.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <cstdlib>
#include <exception>
#include <utility>

// What the C++ runtime keeps of a thread's exceptions: each task has its own, since a task may wait
// inside a handler.
namespace __cxxabiv1 {
struct __cxa_eh_globals;
extern "C" __cxa_eh_globals* __cxa_get_globals() noexcept;
}  // namespace __cxxabiv1

namespace ns::sim {
namespace {

struct Exceptions {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};
Exceptions& ThreadExceptions() {
  return *reinterpret_cast<Exceptions*>(__cxxabiv1::__cxa_get_globals());
}

constexpr size_t kStack = 256 << 10;

// Stacks that are used again, each above a page that nobody may touch.
class StackPool {
 public:
  using traits_type = boost::context::stack_traits;

  boost::context::stack_context allocate() {
    std::vector<void*>& free = Free();
    void* bottom = nullptr;
    if (free.empty()) {
      bottom = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (bottom == MAP_FAILED || ::mprotect(bottom, traits_type::page_size(), PROT_NONE) != 0)
        std::abort();
    } else {
      bottom = free.back();
      free.pop_back();
    }
    boost::context::stack_context context;
    context.size = kStack;
    context.sp = static_cast<char*>(bottom) + kStack;
    return context;
  }
  void deallocate(boost::context::stack_context& context) noexcept {
    Free().push_back(static_cast<char*>(context.sp) - kStack);
  }

 private:
  static std::vector<void*>& Free() {
    static std::vector<void*> free;
    return free;
  }
};

}  // namespace

class Task {
 public:
  Task(std::shared_ptr<Process> process, std::function<void()> body)
      : process_(std::move(process)), body_(std::move(body)) {}

  const std::shared_ptr<Process>& process() const { return process_; }
  bool ended() const { return ended_; }

  // Goes on until it waits or ends.
  void Run(Scheduler& scheduler) {
    if (!begun_ && scheduler.WindingDown()) ended_ = true;  // it never begins
    if (ended_) return;
    if (!begun_) Begin(scheduler);
    std::swap(exceptions_, ThreadExceptions());
    here_ = std::move(here_).resume();
    std::swap(exceptions_, ThreadExceptions());
  }
  // Back to whoever runs it. Of the task itself.
  void Yield() { back_ = std::move(back_).resume(); }

  uint64_t sleep = 0;  // number of the wait it is in, or was last in
  bool waits = false;
  bool travelling = false;

 private:
  void Begin(Scheduler& scheduler) {
    begun_ = true;
    here_ = boost::context::fiber(std::allocator_arg, StackPool(),
                                  [this, &scheduler](boost::context::fiber&& back) {
                                    back_ = std::move(back);
                                    Body(scheduler);
                                    return std::move(back_);
                                  });
  }
  void Body(Scheduler& scheduler) {
    try {
      body_();
    } catch (const Gone&) {
    } catch (const std::exception& defect) {
      scheduler.defect_ = defect.what();
    }
    body_ = nullptr;
    ended_ = true;
  }

  const std::shared_ptr<Process> process_;
  std::function<void()> body_;
  boost::context::fiber here_, back_;
  Exceptions exceptions_;
  bool begun_ = false, ended_ = false;
};

void Scheduler::EndAll() {
  ending_ = true;
  for (const auto& weak : processes_) {
    const auto process = weak.lock();
    if (!process) continue;
    process->dead = true;
    while (!process->tasks.empty()) Resume(process->tasks.front());
    process->held_back.clear();
  }
  events_.clear();
}

bool Scheduler::Later(const Event& a, const Event& b) {
  if (a.at != b.at) return a.at > b.at;
  return a.order != b.order ? a.order > b.order : a.number > b.number;
}

void Scheduler::Push(Duration wait, std::function<void()> act) {
  events_.push_back({now_ + std::max(wait, Duration::zero()),
                     static_cast<uint64_t>(chance_.Below(1 << 20)), ++numbers_, std::move(act)});
  std::push_heap(events_.begin(), events_.end(), Later);
}

void Scheduler::After(Duration wait, std::function<void()> act) { Push(wait, std::move(act)); }

void Scheduler::AfterIn(const std::shared_ptr<Process>& process, Duration wait,
                        std::function<void()> act) {
  Push(wait, [this, process, act = std::move(act)]() mutable {
    if (process->dead) return;
    if (process->paused_until > now_)
      process->held_back.push_back(std::move(act));
    else
      act();
  });
}

void Scheduler::Spawn(const std::shared_ptr<Process>& process, std::function<void()> body) {
  if (!std::exchange(process->known, true)) processes_.push_back(process);
  auto task = std::make_shared<Task>(process, std::move(body));
  process->tasks.push_back(task);
  task->waits = true;
  WakeAfter(Duration::zero(), task, task->sleep);
}

bool Scheduler::Step(Duration until) {
  if (events_.empty() || events_.front().at > until) {
    now_ = std::max(now_, until);
    return false;
  }
  std::pop_heap(events_.begin(), events_.end(), Later);
  Event event = std::move(events_.back());
  events_.pop_back();
  now_ = event.at;
  ++ran_;
  event.act();
  return true;
}

void Scheduler::Pause(const std::shared_ptr<Process>& process, Duration until) {
  process->paused_until = std::max(process->paused_until, until);
  After(until - now_, [this, process] {
    if (process->paused_until <= now_) GoOn(*process);
  });
}

void Scheduler::GoOn(Process& process) {
  process.paused_until = now_;
  std::vector<std::function<void()>> due;
  due.swap(process.held_back);
  for (auto& act : due) {
    if (!process.dead) act();
  }
}

void Scheduler::Kill(const std::shared_ptr<Process>& process) {
  if (process->dead) return;
  process->dead = true;
  process->held_back.clear();
  const bool own = current_ && current_->process() == process;
  const std::vector<std::shared_ptr<Task>> tasks = process->tasks;
  if (!own) {
    for (const auto& task : tasks) {
      if (!task->travelling) Resume(task);
    }
    return;
  }
  // The others end once this one has let go of the thread.
  After(Duration::zero(), [this, tasks] {
    for (const auto& task : tasks) {
      if (!task->ended() && !task->travelling) Resume(task);
    }
  });
  throw Gone();
}

void Scheduler::Sleep(Duration wait) {
  if (WindingDown()) {
    if (std::uncaught_exceptions() > 0) return;  // a destructor asks
    throw Gone();
  }
  Wait(wait);
  if (WindingDown()) throw Gone();
}

void Scheduler::Sleep(Duration wait, const std::stop_token& stop) {
  const std::shared_ptr<Task> task = current_;
  const uint64_t sleep = task->sleep + 1;
  const std::stop_callback wake(stop, [this, task, sleep] {
    if (task->waits && task->sleep == sleep) WakeAfter(Duration::zero(), task, sleep);
  });
  Sleep(stop.stop_requested() ? Duration::zero() : wait);
}

void Scheduler::Travel(Duration wait) {
  if (ending_) throw Gone();
  current_->travelling = true;
  Wait(wait);
  current_->travelling = false;
  if (ending_) throw Gone();
}

bool Scheduler::WindingDown() const {
  return ending_ || (current_ != nullptr && current_->process()->dead);
}

void Scheduler::Wait(Duration wait) {
  const std::shared_ptr<Task> task = current_;
  task->waits = true;
  WakeAfter(wait, task, ++task->sleep);
  task->Yield();
}

void Scheduler::WakeAfter(Duration wait, std::shared_ptr<Task> task, uint64_t sleep) {
  Push(wait, [this, task = std::move(task), sleep] { Wake(task, sleep); });
}

void Scheduler::Wake(const std::shared_ptr<Task>& task, uint64_t sleep) {
  if (task->ended() || !task->waits || task->sleep != sleep) return;
  Process& process = *task->process();
  if (!task->travelling && process.paused_until > now_ && !process.dead)
    process.held_back.push_back([this, task, sleep] { Wake(task, sleep); });
  else
    Resume(task);
}

void Scheduler::Resume(const std::shared_ptr<Task>& task) {
  const std::shared_ptr<Task> kept = task, before = current_;
  current_ = kept;
  kept->waits = false;
  kept->Run(*this);
  current_ = before;
  if (kept->ended()) std::erase(kept->process()->tasks, kept);
}

}  // namespace ns::sim
