// Where buildah and all that it starts run while a Dockerfile is carried out: namespaces of their
// own, in which nothing of the machine is but programs and what the build needs. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command_line.h"
#include "slot.h"

namespace ns::engine_buildah {

// A folder of the machine and where the build sees it; both absolute.
struct Seen {
  std::string from, to;
  bool writable = false;
};

// The wire between a build and the machine: two addresses of a net of their own.
struct Uplink {
  std::string link;                  // name of the machine's end
  std::string net, machine, inside;  // "10.215.4.0/30", "10.215.4.1", "10.215.4.2"
};
// Each slot has its own. `slot`: its folder.
Uplink UplinkOf(const std::string& slot);

struct Sandbox {
  std::string root;              // empty folder that it is put together in
  std::string entered;           // file that is made once it stands; empty: none
  std::string resolver;          // file: the resolv.conf of what runs in it
  std::string tmp;               // folder, for /var/tmp
  std::optional<Uplink> uplink;  // nullopt: it is on the machine's network
  std::vector<Seen> seen;
};

// The one that reads and changes the store of an application: a step that breaks out of its
// container may have written there what it likes, and buildah must not follow that to the machine.
Sandbox StoreSandbox(const Slot& slot, const std::string& app);

// The same, run in the sandbox. It ends with whoever has started it, and with it its mounts; where
// it has an uplink also all of its processes, network interfaces and memory. Without one its
// process is the one that was started.
CommandLine Sandboxed(CommandLine line, const Sandbox& sandbox);
// Ends what the machine itself has got for a sandbox: rules of the packet filter, the link.
std::vector<std::string> RemoveUplink(const Uplink& uplink);

// resolv.conf of a build, from the machine's and from what its local resolver asks: servers on the
// loopback interface cannot be reached from a build.
std::string ResolverText(const std::string& machine, const std::string& upstream);

}  // namespace ns::engine_buildah
