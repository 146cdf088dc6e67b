// Events as they come, read once for all who follow them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "model/condition.h"
#include "ports/store.h"

namespace ns::api {

// What streams await that go on with new events.
inline constexpr char kWatchers[] = "events";

// Keeps the newest events in memory while anybody has a seat: one question to the store an instant
// after a hint, whoever many follow. Who is behind what is kept reads from the store, and finds
// back by itself. [any-thread]
class EventFeed {
 public:
  struct Told {
    uint64_t seen = 0;  // a moment: what is looked up at a later one shows what this event is about
    model::Event event;
    std::string place;  // behind it
  };
  using Slice = std::vector<std::shared_ptr<const Told>>;

  // Where somebody is among the events.
  struct Cursor {
    std::string place;
    uint64_t number = 0;  // among those in memory; 0: not known
  };

  // Whoever follows; give it back by its end.
  class Seat {
   public:
    explicit Seat(EventFeed& feed);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    EventFeed& feed_;
  };

  // `more` is called from Run when there are new events.
  EventFeed(ports::EventStore& events, std::function<void()> more);
  // Reads on behalf of all, until `stop`. For one thread.
  void Run(const std::stop_token& stop) NS_EXCLUDES(mutex_);

  void OnHint() NS_EXCLUDES(mutex_);
  // At most `limit` that follow, and moves the cursor behind them. Blocks on the store where they
  // are not in memory.
  Result<Slice> After(Cursor& cursor, size_t limit) NS_EXCLUDES(mutex_);
  // Behind all that there are now; empty where there are none.
  Result<std::string> End();
  // A moment that is later than any before.
  uint64_t Moment() NS_EXCLUDES(mutex_);

 private:
  // Whether it began just now.
  Result<bool> Begin() NS_EXCLUDES(mutex_);
  // Takes what is new; whether there was any.
  Result<bool> Fill() NS_EXCLUDES(mutex_);
  void Take(ports::EventPage page) NS_REQUIRES(mutex_);
  bool Find(Cursor& cursor) NS_REQUIRES(mutex_);
  void Enter() NS_EXCLUDES(mutex_);
  void Leave() NS_EXCLUDES(mutex_);

  ports::EventStore& events_;
  const std::function<void()> more_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  int seats_ NS_GUARDED_BY(mutex_) = 0;
  bool begun_ NS_GUARDED_BY(mutex_) = false;
  bool hinted_ NS_GUARDED_BY(mutex_) = false;
  uint64_t moment_ NS_GUARDED_BY(mutex_) = 0;
  // Numbers from first_ on; base_ is the place before them, whose number is first_ - 1.
  std::deque<std::shared_ptr<const Told>> kept_ NS_GUARDED_BY(mutex_);
  uint64_t first_ NS_GUARDED_BY(mutex_) = 2;
  std::string base_ NS_GUARDED_BY(mutex_);
  std::unordered_map<std::string, uint64_t> numbers_ NS_GUARDED_BY(mutex_);  // by place, base_ too
};

}  // namespace ns::api
