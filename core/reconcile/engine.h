// The keyed runner: a state machine that takes events and gives back commands. No thread, no clock,
// no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "reconcile/loop.h"

namespace ns::reconcile {

using Ticket = uint64_t;

// Carry out `effect` and report with Engine::Done.
struct Request {
  Ticket ticket;
  LoopId loop;
  Key key;
  Effect effect;
};
// The result of that request is no longer wanted; it is reported all the same.
struct Cancel {
  Ticket ticket;
};
using Command = std::variant<Request, Cancel>;
using Commands = std::vector<Command>;

// What a loop has done since the engine was made.
struct LoopFigures {
  int64_t passes = 0, failures = 0;  // that have ended; of these, those that failed
  Duration busy{};                   // from begin to end, of all passes together
  Duration looked{};                 // when a pass or a list ended last; zero: none has
};

struct LoopOptions {
  Duration period = std::chrono::minutes(3);  // of the relist of all keys; zero: woken only
  int in_flight = 8;
  bool keyed = true;                                // false: the one key kQueueKey, no relist
  Duration longest_wait = std::chrono::minutes(5);  // after failures in a row
  // Loops whose passes never run at the same time as this one's for one key: they share what one
  // call at a time may use.
  std::set<LoopId> apart_from{};
  int per_group = 4;  // see Loop::GroupOf
  // At kQueueKey, from the end of a pass to the next: many hints within it are one look. The first
  // is not held up.
  Duration rest{};
};

// Per key: at most one pass under way, hints are merged, failures wait with jittered back-off. A
// relist of all keys makes every lost hint harmless; it passes over keys that were settled at the
// version that is listed, so that looking at what has not changed costs nothing. A key whose pass
// fails by a defect (kInternal) is told so in a condition and waits; the others do not notice.
// `now` is monotonic and never goes back between calls.
class Engine {
 public:
  explicit Engine(Random& random) : random_(random) {}

  void Add(std::unique_ptr<Loop> loop, LoopOptions options);

  // "Look at this key soon." Unknown loops (not run by this host) are ignored.
  Commands Hint(const Wake& wake, Duration now);
  Commands Done(Ticket ticket, Outcome outcome, Duration now);
  // Starts what is due.
  Commands Tick(Duration now);
  // When Tick has something to do next; Duration::max() when never.
  Duration NextDue() const;

  // Passes under way, and keys that wait.
  size_t in_flight() const { return flights_.size(); }
  size_t waiting() const;
  std::map<LoopId, LoopFigures> figures() const;
  // No pass of that loop is under way and no key of it waits.
  bool Idle(LoopId loop) const;

 private:
  struct KeyState {
    std::unique_ptr<Pass> pass;  // under way
    Ticket ticket = 0;           // of its effect
    bool dirty = false;          // a wake came during the pass
    bool changed = false;        // one of them more than a hint
    bool blocked = false;        // due, but a loop that it keeps apart from is at this key
    bool gated = false;          // due, but its group is full
    bool unchanged = false;      // see Outlook
    std::string group;           // that the pass under way uses
    Duration began{};            // of the pass under way
    std::string called_for;      // the group that it was let in for from where it waited
    int failures = 0;            // in a row, without those of passes that began early
    bool early = false;          // a change ended the wait after a failure
    Duration due = Duration::max();
  };
  struct Lane {
    std::unique_ptr<Loop> loop;
    LoopOptions options;
    std::map<Key, KeyState> keys;
    std::map<Key, int64_t> settled;        // the version at which nothing was to be done
    std::vector<model::Versioned> untold;  // looked at and as they were, see Loop::Told
    std::map<Key, std::string> group_of;   // as far as known from earlier passes
    std::map<std::string, int> in_group;   // passes under way
    std::map<std::string, std::deque<Key>> gated;
    std::set<std::pair<Duration, Key>> queue;  // by due time
    Duration next_list = Duration::zero();
    Duration rests_until = Duration::zero();
    bool listing = false;
    int running = 0;
    LoopFigures figures;
  };
  enum class Purpose { kPass, kList, kAside, kTold };
  struct Flight {
    LoopId loop;
    Key key;
    Purpose purpose = Purpose::kPass;
  };

  void Schedule(Lane& lane, const Key& key, Duration due);
  void Start(Lane& lane, Duration now, Commands& out);
  void Begin(Lane& lane, const Key& key, Duration now, Commands& out);
  // Whether the pass may go on with what `effect` uses; otherwise it is given up, to begin again
  // when there is room.
  bool Enter(Lane& lane, const Key& key, const Effect& effect);
  static int Room(const Lane& lane, const std::string& group);
  static void Gate(Lane& lane, const Key& key, const std::string& group);
  void Leave(Lane& lane, const Key& key, Duration now);
  void Call(Lane& lane, const std::string& group, Duration now);
  // The lane whose pass at that key keeps this one waiting, or null.
  Lane* Blocker(const Lane& lane, const Key& key);
  void Unblock(const Lane& lane, const Key& key, Duration now, Commands& out);
  void Quarantine(const Lane& lane, const Key& key, const Status& why, int failures, Commands& out);
  static void Forget(Lane& lane, const Keys& listed);
  void Follow(Lane& lane, const Key& key, Step step, Duration now, Commands& out);
  void Finish(Lane& lane, const Key& key, Finished finished, Duration now, Commands& out);
  void StartList(Lane& lane, Commands& out);
  void Listed(Lane& lane, Outcome outcome, Duration now, Commands& out);
  // Whether a relist finds at that key what a pass has settled.
  static bool IsSettled(const Lane& lane, const model::Versioned& one);
  // Says what is untold: in whole pages, and the rest once the passes of a relist are through.
  void Tell(Lane& lane, bool rest, Commands& out);
  static bool Busy(const Lane& lane, Duration now);
  void Told(Lane& lane, const Outcome& outcome, Duration now);
  void Interrupt(Lane& lane, const Key& key, Commands& out);
  void Wake_(const Wake& wake, Duration now, Commands& out);
  Duration Jitter(Duration span);
  static int FailuresIfItFails(const KeyState& state);
  static Duration WaitAfter(const Lane& lane, int failures);

  Random& random_;
  std::map<LoopId, Lane> lanes_;
  std::map<Ticket, Flight> flights_;
  Ticket next_ticket_ = 1;
};

// The wait after `failures` failures in a row: 1 s, doubling, at most 5 min.
Duration BackOff(int failures);

}  // namespace ns::reconcile
