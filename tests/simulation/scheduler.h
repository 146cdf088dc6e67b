// Virtual time on one thread: an ordered list of events, and tasks, which are blocking code on
// stacks of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "chance.h"

namespace ns::sim {

// Thrown out of a task whose process has died. It is no std::exception, so that nobody takes it for
// a failure that can be handled.
struct Gone {};

class Task;

// What tasks share the fate of.
struct Process {
  explicit Process(std::string its_name) : name(std::move(its_name)) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string name;
  bool mortal = true;
  bool dead = false, known = false;
  Duration paused_until{};                       // stands still until then
  std::vector<std::shared_ptr<Task>> tasks;      // those that have not ended, oldest first
  std::vector<std::function<void()>> held_back;  // what fell due while it stood still
};

class Scheduler {
 public:
  explicit Scheduler(Chance chance) : chance_(chance) {}
  ~Scheduler() { EndAll(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  Duration now() const { return now_; }
  uint64_t events() const { return ran_; }
  // What a task ended with that was neither its end nor Gone; empty: nothing.
  const std::string& defect() const { return defect_; }

  // Ends every task, and nothing happens any more. Before what the tasks use goes.
  void EndAll();

  // An event of the world.
  void After(Duration wait, std::function<void()> act);
  // An event of a process: waits while it is paused, and is dropped when it is dead.
  void AfterIn(const std::shared_ptr<Process>& process, Duration wait, std::function<void()> act);
  // Runs `body` as a task of the process, beginning with the next events. It must own what it uses.
  void Spawn(const std::shared_ptr<Process>& process, std::function<void()> body);

  // Runs the next event, when there is one not later than `until`.
  bool Step(Duration until);

  // The process stands still, and its tasks with it; messages on their way arrive all the same.
  void Pause(const std::shared_ptr<Process>& process, Duration until);
  // It goes on, whatever it was paused until.
  void GoOn(Process& process);
  // The process dies: its tasks end where they stand, but for those whose request is on its way:
  // those end when it has arrived. Throws Gone in a task of that process.
  void Kill(const std::shared_ptr<Process>& process);

  // -- in a task --
  bool InTask() const { return current_ != nullptr; }
  // Waits as the process.
  void Sleep(Duration wait);
  // The same, or until `stop` is requested.
  void Sleep(Duration wait, const std::stop_token& stop);
  // Waits as a message: neither a pause nor the death of the process holds it up.
  void Travel(Duration wait);
  // The task winds down: what it still asks for must have no effect.
  bool WindingDown() const;

 private:
  friend class Task;
  struct Event {
    Duration at;
    uint64_t order, number;  // chance among events of one moment, then the order they were made in
    std::function<void()> act;
  };
  static bool Later(const Event& a, const Event& b);

  void Push(Duration wait, std::function<void()> act);
  void Wait(Duration wait);
  void WakeAfter(Duration wait, std::shared_ptr<Task> task, uint64_t sleep);
  void Wake(const std::shared_ptr<Task>& task, uint64_t sleep);
  void Resume(const std::shared_ptr<Task>& task);

  Chance chance_;
  Duration now_{};
  uint64_t numbers_ = 0, ran_ = 0;
  std::vector<Event> events_;  // a heap
  std::vector<std::weak_ptr<Process>> processes_;
  std::shared_ptr<Task> current_;
  std::string defect_;
  bool ending_ = false;
};

}  // namespace ns::sim
