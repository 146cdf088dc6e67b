// One process after another on the same data folder.
#pragma once

#include <string>
#include <vector>

#include "host/layout.h"
#include "ports/store.h"

namespace ns::host {

// A process's place among those that run the same roles on one data folder. The place is locked for
// as long as this object lives; the lock of a process that was killed is gone with it.
class Succession {
 public:
  Succession() = default;
  // Takes the first place that nobody alive has, remembers `id` for the next, and takes the row of
  // the process that had it before out of the database: no build is given to a builder that was
  // killed, and what it held is free. kUnavailable: the place cannot be written, or the row stays
  // until it is out of date; the place is kept all the same.
  Status Take(const Layout& layout, const std::vector<std::string>& roles, const HostId& id,
              ports::HostStore& hosts);
  ~Succession();
  Succession(const Succession&) = delete;
  Succession& operator=(const Succession&) = delete;

 private:
  int place_ = -1;  // descriptor of its file
};

}  // namespace ns::host
