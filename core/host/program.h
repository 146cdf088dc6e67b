// Where this program and what is installed beside it are.
#pragma once

#include <string>

#include "base/status.h"

namespace ns::host {

// Absolute path of the running program.
std::string ProgramPath();
// <prefix>/share/neoshowcase: schema.sql and ns-migrate. `program` is <prefix>/bin/nsd.
std::string ShareFolder(const std::string& program);
// <prefix>/lib/neoshowcase/plugins.
std::string PluginFolder(const std::string& program);
std::string MachineName();
// "machine/pid", for people.
std::string HostName();
// First executable file called `name` in PATH-like `path`. kNotFound.
Result<std::string> FindProgram(const std::string& name, const std::string& path);

}  // namespace ns::host
