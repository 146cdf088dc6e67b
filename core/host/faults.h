// Faults at the ports of a running host, for tests: the environment variable NS_FAILPOINTS names
// points of ports/faults/points.h and what shall happen there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ports/backend.h"
#include "ports/build.h"
#include "ports/build_desk.h"
#include "ports/git_remote.h"
#include "ports/registry.h"
#include "ports/site.h"
#include "ports/storage.h"
#include "ports/store.h"

namespace ns::host {

// Makes the failpoints of `spec` those of this process. kInvalid: the text is wrong, names a point
// of a port that there is not, or an action that the moment does not know (`error` is for `before`,
// `lost` for `lost`; `crash` and `tell` are for all). Call before threads.
Status TakeFailpoints(const std::string& spec);

// Puts decorators before ports where failpoints are configured; else ports stay as they are.
// Decorators live as long as this, and what they decorate must outlive it.
class Faults {
 public:
  Faults();
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  ports::Store Through(const ports::Store& store);
  ports::GitRemote& Through(ports::GitRemote& port);
  ports::Registry& Through(ports::Registry& port);
  ports::BuildDesk& Through(ports::BuildDesk& port);
  // Null stays null.
  ports::Backend* Through(ports::Backend* port);
  ports::BuildMethod* Through(ports::BuildMethod* port);
  ports::BuildEngine* Through(ports::BuildEngine* port);
  ports::Storage* Through(ports::Storage* port);
  ports::SiteServer* Through(ports::SiteServer* port);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;  // null: none configured
};

}  // namespace ns::host
