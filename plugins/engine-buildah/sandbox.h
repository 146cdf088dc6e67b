// Where buildah and all that it starts run while a Dockerfile is carried out: namespaces of their
// own, in which nothing of the machine is but programs and what the build needs. Pure.
#pragma once

#include <string>
#include <vector>

#include "command_line.h"

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
  std::string root;      // empty folder that it is put together in
  std::string entered;   // file that is made once it stands
  std::string resolver;  // file: the resolv.conf of the build
  std::string tmp;       // folder, for /var/tmp
  Uplink uplink;
  std::vector<Seen> seen;
};

// The same, run in the sandbox. It ends with whoever has started it, and with it all of its
// processes, mounts, network interfaces and memory.
CommandLine Sandboxed(CommandLine line, const Sandbox& sandbox);
// Ends what the machine itself has got for a sandbox: rules of the packet filter, the link.
std::vector<std::string> RemoveUplink(const Uplink& uplink);

// resolv.conf of a build, from the machine's and from what its local resolver asks: servers on the
// loopback interface cannot be reached from a build.
std::string ResolverText(const std::string& machine, const std::string& upstream);

}  // namespace ns::engine_buildah
