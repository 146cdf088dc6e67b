// What the doctor looks at. Each check says what is so and, where it is not well, what to do.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "git/git_remote.h"
#include "host/layout.h"

namespace ns::host {

struct Check {
  std::string name;  // "dockerd", "disk", "plugin docker", ...
  bool ok = true;
  std::string message;  // what was seen
  std::string fix;      // what to do; empty when well
  friend bool operator==(const Check&, const Check&) = default;
};
using Checks = std::vector<Check>;

Check Well(std::string name, std::string message);
Check Broken(std::string name, std::string message, std::string fix);

// On this machine, without the database:
Check CheckDocker(const std::string& socket);
Check CheckDisk(const std::string& folder);
// Rights of the data folder, the key file and the configuration.
Check CheckFiles(const Layout& layout, const std::string& key_file);
// Whether clones run in a sandbox. Not to have one is well unless the configuration requires it.
Check CheckSandbox(const git::GitOptions& options);
// Helpers that are recorded: each runs.
Checks CheckHelpers(const Layout& layout);
// Addresses on which services of the configuration listen, and that of the registry: something
// accepts there.
Checks CheckPorts(const config::Config& config);
// Of a builder without a database: something accepts at the controllers of `link.connect`.
Checks CheckControllers(const config::Config& config);

// "ok   disk      12.1 GiB free" a line each, the fix below what is broken; then one line that sums
// up.
std::string ChecksAsText(const Checks& checks);
// {"ok": false, "checks": [{"name": ..., "ok": ..., "message": ..., "remedy": ...}]}: the message
// Health of the platform's API as JSON.
std::string ChecksAsJson(const Checks& checks);
bool AllWell(const Checks& checks);

}  // namespace ns::host
