// The invariants that a run is held against, and where. docs/design/simulation.md explains them.
#pragma once

#include <array>
#include <string_view>

namespace ns::sim {

struct Invariant {
  std::string_view name, says, checked;  // checked empty: vacuous, `why` says until when
  std::string_view why;
};

inline constexpr std::array<Invariant, 24> kInvariants = {{
    {"I1", "at most one terminal status per build, and it stays", "each write", ""},
    {"I2", "a build's status follows the allowed graph", "each write", ""},
    {"I3", "one live build per application and build key", "each write", ""},
    {"I4", "one builder per attempt; a result only from who holds the claim",
     "each write, each run", ""},
    {"I5", "a live lease is not taken over before it ends on the database's clock", "each write",
     ""},
    {"I6", "nothing acts by an old fence, lease or epoch, nor unlocked", "each act, each push", ""},
    {"I7", "generations never decrease, and grow with each change of a target",
     "each write, each container", ""},
    {"I8", "a container's image is of a succeeded build of its application", "each container", ""},
    {"I9", "what is stopped or deleted has no container in the end", "at the end", ""},
    {"I10", "nothing is left of what is gone", "at the end", ""},
    {"I11", "nothing is deleted that is wanted, whatever could not be seen",
     "each removal of an image or application", ""},
    {"I12", "a rollout ends nothing that routes lead to, and routes lead to what is ready",
     "each stop, removal and switch", ""},
    {"I13", "an address has one owner", "each write, at the end", ""},
    {"I14", "a static site serves one whole artifact", "", "no static sites yet"},
    {"I15", "an acknowledged write is never lost nor undone", "each write", ""},
    {"I16", "each command takes effect once", "", "commands carry no idempotency key yet"},
    {"I17", "no secret reaches another's build or container", "each build, each container", ""},
    {"I18", "no owner waits over three times their share", "each claim", ""},
    {"I19", "attempts, passes, restarts and needless work are bounded", "each effect", ""},
    {"I20", "queues are bounded, and nobody is given more than they have room for",
     "each effect, each claim", ""},
    {"I21", "all is as wanted 120 s after the faults, and quiet from then on", "at the end", ""},
    {"I22", "no build waits 15 s while a builder is idle", "each second after the faults", ""},
    {"I23", "what is there in the end follows from what is wanted alone", "at the end, each result",
     ""},
    {"I24", "the same seed gives the same hash", "a test of its own", ""},
}};

}  // namespace ns::sim
