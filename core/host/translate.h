// What the parts are told, from what the operator wrote. Pure.
#pragma once

#include <string>
#include <vector>

#include "act/store_desk.h"
#include "api/dispatcher.h"
#include "config/config.h"
#include "git/git_remote.h"
#include "git/receive.h"
#include "host/key_file.h"
#include "host/layout.h"
#include "host/received_remotes.h"
#include "registry/embedded.h"
#include "registry/registry.h"

namespace ns::host {

// `program`: absolute path of nsd, of which Git workers are children.
git::GitOptions GitOptionsOf(const config::Config& config, const Layout& layout,
                             const KeyFile& keys, const std::string& program);
git::ReceiveOptions ReceiveOptionsOf(const config::Config& config, const Layout& layout,
                                     const KeyFile& keys, const std::string& program);
// `host`: the name of this machine.
ReceivedPlaces ReceivedPlacesOf(const Layout& layout, const KeyFile& keys,
                                const std::string& place);
registry::EmbeddedRegistry EmbeddedRegistryOf(const config::Config& config, const Layout& layout);
registry::RegistryOptions RegistryOptionsOf(const config::Config& config, const Layout& layout);
model::PlatformInfo PlatformInfoOf(const config::Config& config, const KeyFile& keys);
// The group of the configuration is looked up on this machine; one that does not exist admits
// nobody. `host`: the name of this machine.
api::Settings ApiSettingsOf(const config::Config& config, const KeyFile& keys,
                            const std::string& place);
act::DeskKeys DeskKeysOf(const config::Config& config, const KeyFile& keys);
// The role is one of this process's roles.
bool HasRole(const std::vector<std::string>& roles, const std::string& role);
// The kinds of plugins that a process with these roles loads.
std::vector<std::string> KindsOf(const std::vector<std::string>& roles);

}  // namespace ns::host
