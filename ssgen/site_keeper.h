// The role `ssgen`, but for the server: sites on disk as the database wants them.
#pragma once

#include <string>

#include "act/driver.h"
#include "ports/store.h"
#include "ssgen/perform_sites.h"

namespace ns::ssgen {

class SiteKeeper {
 public:
  // What `parts` refers to must outlive the keeper. `name`: of this host, for people.
  SiteKeeper(SiteParts parts, std::string name);

  // Looks at what the hint may concern. [any-thread]
  void Hinted(const ports::Hint& hint);
  // Looks at every site. [any-thread]
  void Relist();

 private:
  const SiteParts parts_;
  SitePerformer performer_;
  act::Driver driver_;
};

}  // namespace ns::ssgen
