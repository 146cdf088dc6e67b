// The one configuration file as typed values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "model/platform.h"

namespace ns::config {

struct IdentityKey {
  std::string id;
  std::string public_key;  // Ed25519, 32 bytes
  friend bool operator==(const IdentityKey&, const IdentityKey&) = default;
};

struct Identity {
  std::string header = "X-Forwarded-User";
  std::vector<std::string>
      proxies;    // addresses that may name the user by that header, with the secret
  Secret secret;  // empty: no header is believed
  std::string group = "neoshowcase";  // members are admins on the Unix socket, as root is
  std::string token_header = "X-Neoshowcase-Identity";  // of signed identity tokens
  std::vector<IdentityKey> keys;                        // that sign them; empty: none counts
  std::string audience;                                 // of them; empty: the installation
  std::vector<std::string> admin_groups;                // in them
  int token_days = 365;  // until an API token expires, at most; 0: no bound, it may never
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct Git {
  std::vector<std::string> private_hosts;  // names, addresses, CIDR ranges
  bool basic_auth_over_http = false;
  std::string ca_file;  // empty: the system's
  Duration list_timeout = std::chrono::seconds(20);
  Duration fetch_timeout = std::chrono::minutes(10);
  uint64_t mirror_limit = uint64_t{4} << 30;  // bytes
  int entry_limit = 1'000'000;                // files and folders of one checkout
  std::string sandbox = "auto";               // or "required", "off"
  bool lfs = true;                            // files in Git LFS have their content in builds
  friend bool operator==(const Git&, const Git&) = default;
};

// Repositories that are pushed straight to the platform.
struct Receive {
  bool enabled = true;
  std::string address;         // http(s) URL of this machine's gateway for others; empty: none
  bool create_on_push = true;  // a push to an unknown name makes a repository of it
  int concurrency = 8;         // pushes and fetches at once
  Duration time_limit = std::chrono::hours(1);    // of each
  uint64_t push_limit = uint64_t{1} << 30;        // bytes of one push
  uint64_t repository_limit = uint64_t{4} << 30;  // bytes of one repository
  int ref_limit = 10'000;                         // branches and tags of one repository
  friend bool operator==(const Receive&, const Receive&) = default;
};

struct Registry {
  bool embedded = true;
  int port = 5000;                            // embedded
  Duration collect = std::chrono::hours(24);  // embedded: how often deleted images leave the disk
  std::string url;                            // not embedded
  std::string prefix;                         // before the application id in image names
  std::string username;
  Secret password;
  friend bool operator==(const Registry&, const Registry&) = default;
};

struct Database {
  bool embedded = true;
  Secret connection;  // libpq connection string, when not embedded
  friend bool operator==(const Database&, const Database&) = default;
};

// A host that may come in over the link.
struct LinkHost {
  std::string name;
  Secret token;                    // empty: its certificate is enough
  std::vector<std::string> roles;  // "builder", "services"
  friend bool operator==(const LinkHost&, const LinkHost&) = default;
};

// What hosts on different machines say to each other.
struct LinkSettings {
  std::string listen;     // controller: "address:port" or "unix:/path"; empty: nobody comes in
  std::string advertise;  // "host:port" under which others reach it; empty: listen
  std::string client_ca;  // file; not empty: whoever comes in must show a certificate
  std::vector<LinkHost> hosts;       // who may
  std::vector<std::string> connect;  // builder without a database: controllers, tried in turn
  Secret token;                      // shown to those it connects to
  std::string certificate, key;      // files: of this host, in both directions
  std::string ca;                    // file: signs those it connects to; empty: the system's
  friend bool operator==(const LinkSettings&, const LinkSettings&) = default;
};

// Where a host of static sites serves them.
struct Sites {
  std::string listen = "127.0.0.1:4102";      // of every site server; routes lead there
  Duration drain = std::chrono::seconds(30);  // of requests that a replaced server has open
  friend bool operator==(const Sites&, const Sites&) = default;
};

// What is kept of the past.
struct Keep {
  int releases = 10;                               // of an application, to roll back to
  Duration logs = std::chrono::hours(24 * 30);     // of builds
  Duration history = std::chrono::hours(24 * 90);  // events, and releases that others replaced
  friend bool operator==(const Keep&, const Keep&) = default;
};

struct PluginInstance {
  std::string name;                 // key under `plugins`
  std::string plugin;               // name of the library, e.g. "backend-docker"
  bool required = false;            // not ready without it
  std::vector<std::string> listen;  // services: "unix:/path" or "address:port"; the host opens them
  std::string config = "{}";        // JSON
  std::string where;  // "file:line:column" of its config, for the plugin's own complaints
  friend bool operator==(const PluginInstance&, const PluginInstance&) = default;
};

struct Config {
  std::string installation = "home";
  std::string data = "/var/lib/neoshowcase";  // absolute
  std::vector<std::string> roles = {"controller", "builder", "ssgen", "services"};
  Database database;
  std::string key_file;  // default <data>/key
  Identity identity;
  Git git;
  Receive receive;
  std::vector<std::string> engines;
  std::vector<model::Domain> domains;
  std::vector<model::PortRange> ports;
  std::vector<model::Link> links;
  std::string http_address,
      https_address;  // "host:port" that users reach; empty: as the backend says
  Registry registry;
  LinkSettings link;
  std::string backend;      // instance that new applications go to
  std::string site_server;  // instance; empty: no static sites
  Sites sites;
  std::string storage;  // instance that artifacts are kept in
  std::vector<std::string> admins;
  std::vector<std::string> plugin_dirs;  // searched in order; empty: beside the program, then
                                         // /usr/lib/neoshowcase/plugins
  std::vector<PluginInstance> plugins;   // in the order of the file
  std::string page_listen = "127.0.0.1:0";
  int builder_concurrency = 1;
  int builder_memory_pressure = 20;  // percent of time that tasks wait for memory; 0: no matter
  Keep keep;
  std::string log_level = "info";
  Secret webhook_secret;
  std::string env_default_scope = "auto";  // "auto", "run", "build", "both"
};

// One thing that is wrong, or for a warning: doubtful.
struct Mistake {
  std::string file;
  int line = 0, column = 0;  // from 1; 0: the mistake is not in the file
  std::string key;           // "plugins.docker.plugin"
  std::string message;       // the rule and the value, and the nearest right key
  bool warning = false;
  std::string ToString() const;  // "config.yaml:3:5: roles: ..."
};

// A value in force, for `nsd check-config`.
struct EffectiveValue {
  std::string key;
  std::string value;   // YAML; secrets are "(secret)"
  std::string origin;  // "default", "config.yaml:3:5", "NS_DATA"
};

struct Loaded {
  Config config;                  // to be used when there is no mistake
  std::vector<Mistake> mistakes;  // all of them, in the order of the file
  std::vector<Mistake> warnings;
  std::vector<EffectiveValue> values;
  bool ok() const { return mistakes.empty(); }
};

// NAME -> value of the process; those that start with NS_ override single keys:
// NS_GIT_PRIVATE_HOSTS for git.private_hosts, in YAML.
using Environment = std::map<std::string, std::string>;

// Reads and checks the file. A file that is missing or unreadable is a mistake too. Secrets given
// as {file: ...} are read here; relative paths are taken from the folder of the file; a secret file
// that others may read is a mistake.
Loaded LoadFile(const std::string& path, const Environment& environment);
Loaded LoadText(const std::string& text, const std::string& name, const Environment& environment);

// The whole effective file as YAML, each line with where its value came from as a comment.
std::string PrintEffective(const Loaded& loaded);

// Keys of `now` that cannot be applied to a process that runs with `before` (they need a restart);
// empty: all can. Those that can: domains, ports, links, http_address, https_address, admins,
// log_level, webhook_secret, env_default_scope, site_server.
std::vector<std::string> NeedRestart(const Config& before, const Config& now);

}  // namespace ns::config
