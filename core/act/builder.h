// The role `builder`: runs the builds that the build starter has claimed for this host, and answers
// which build methods fit a source.
#pragma once

#include <optional>

#include "act/builder_parts.h"
#include "act/detector.h"
#include "act/driver.h"

namespace ns::act {

class Builder {
 public:
  // What `parts` refers to must outlive the builder. `slots`: builds at once.
  Builder(BuilderParts parts, int slots);
  ~Builder();  // leaves

  // Takes nothing up any more and gives up what runs: it is queued again for the next builder.
  void Leave();

  // "Look at what is claimed for this host, and at what is asked." [any-thread]
  void Wake();

 private:
  const BuilderParts parts_;
  Driver driver_;
  std::optional<Detector> detector_;
};

}  // namespace ns::act
