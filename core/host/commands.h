// What `nsd` does, one function a command. Each gives the exit code: 0 done, 1 not done, 2 wrong
// use or configuration.
#pragma once

#include <string>
#include <vector>

namespace ns::host {

// The roles of the configuration, or those in `roles`, until SIGTERM or SIGINT.
int RunRoles(const std::string& config, const std::vector<std::string>& roles);
// Every mistake of the configuration, or the whole effective file with where each value came from.
int CheckConfig(const std::string& config);
// Brings the database's schema up to what this program needs; starts the embedded cluster where
// there is one.
int Migrate(const std::string& config, bool dry_run, bool check);
// Makes a new sealing key and seals every secret of the database under it; `prepare`: makes the key
// alone, to be copied to the other machines first.
int RotateKey(const std::string& config, bool prepare);
// What is well and what is not, each with its remedy; works while nothing else runs.
int RunDoctor(const std::string& config, bool json);
// Ends every helper that outlives `nsd`.
int StopAll(const std::string& config);
// Children of this program.
int ServePages(const std::string& listen, const std::string& folder);
int ServeGit();

}  // namespace ns::host
