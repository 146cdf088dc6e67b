// The keys of the file.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/crypto.h"
#include "base/nearest.h"
#include "config/check.h"
#include "config/connection.h"
#include "config/json.h"
#include "config/reader.h"
#include "config/scalars.h"

namespace ns::config {
namespace {

void ReadDatabase(Reader& reader, Section& top, Database& out) {
  const auto read = [&](const Value& value) {
    out.embedded = value.node.IsScalar() && value.node.Scalar() == "embedded";
    if (out.embedded) return;
    const std::string mistake = value.node.IsNull()
                                    ? "must be embedded, a connection string or {file: PATH}"
                                    : ParseSecret(reader, value.node, out.connection);
    if (!mistake.empty()) return reader.Fault(value, mistake);
    const std::string& text = out.connection.Reveal();
    const bool connection = text.find('=') != std::string::npos || text.starts_with("postgres");
    if (!connection) {
      return reader.Fault(value, "must be embedded or a PostgreSQL connection string" +
                                     Suggestion(text.substr(0, 20), {"embedded"}));
    }
    const std::string malformed = ConnectionMistake(text);
    if (!malformed.empty()) reader.Fault(value, malformed);
  };
  top.Any("database", read, [&] { return std::string(out.embedded ? "embedded" : "(secret)"); });
}

void ReadIdentityKeys(Section& section, std::vector<IdentityKey>& out) {
  constexpr size_t kBytes = 32;
  const auto item = [&](Reader& reader, const Value& value) {
    IdentityKey& key = out.emplace_back();
    std::string text;
    Section one(reader, value, true);
    one.Text("id", key.id);
    one.Text("public_key", text);
    one.Close();
    const auto bytes = FromBase64(text);
    if (bytes.ok()) key.public_key = *bytes;
    const auto same = [&](const IdentityKey& other) { return other.id == key.id; };
    if (key.id.empty() || key.public_key.size() != kBytes)
      reader.Fault(value, "must have an id and a public_key: base64 of the 32 bytes of Ed25519");
    else if (std::count_if(out.begin(), out.end(), same) > 1)
      reader.Fault(value, "must have an id that no other key has, not " + Quote(key.id));
  };
  const auto shown = [&] {
    std::string text = "[";
    for (const auto& one : out) {
      text += (text.size() > 1 ? ", {id: " : "{id: ") + PlainOrQuoted(one.id) +
              ", public_key: " + Quote(ToBase64(one.public_key)) + "}";
    }
    return text + "]";
  };
  section.Items("keys", item, shown);
}

void ReadIdentity(Section section, Identity& out) {
  section.Text("header", out.header);
  section.Texts("proxies", out.proxies);
  section.Hidden("secret", out.secret);
  section.Text("group", out.group);
  section.Text("token_header", out.token_header);
  ReadIdentityKeys(section, out.keys);
  section.Text("audience", out.audience);
  section.Texts("admin_groups", out.admin_groups);
  section.Integer("token_days", out.token_days, 0, 36'500);
  section.Close();
}

void ReadGit(Section section, Git& out) {
  section.Texts("private_hosts", out.private_hosts);
  section.Flag("basic_auth_over_http", out.basic_auth_over_http);
  section.Path("ca_file", out.ca_file);
  section.Time("list_timeout", out.list_timeout);
  section.Time("fetch_timeout", out.fetch_timeout);
  section.Bytes("mirror_limit", out.mirror_limit);
  section.Integer("entry_limit", out.entry_limit, 1, 100'000'000);
  section.OneOf("sandbox", out.sandbox, {"auto", "required", "off"});
  section.Flag("lfs", out.lfs);
  section.Close();
}

void ReadReceive(Reader& reader, Section section, Receive& out) {
  section.Flag("enabled", out.enabled);
  section.Text("address", out.address);
  section.Flag("create_on_push", out.create_on_push);
  section.Integer("concurrency", out.concurrency, 1, 256);
  section.Time("time_limit", out.time_limit, std::chrono::seconds(1));
  section.Bytes("push_limit", out.push_limit);
  section.Bytes("repository_limit", out.repository_limit);
  section.Integer("ref_limit", out.ref_limit, 1, 1'000'000);
  const bool web = out.address.starts_with("http://") || out.address.starts_with("https://");
  if (!out.address.empty() && (!web || out.address.ends_with('/')))
    reader.Fault(section.At("address"),
                 "must be a URL such as https://ns.example.com, without a "
                 "slash at its end, not " +
                     Quote(out.address));
  section.Close();
}

void ReadRegistryMap(Section section, Registry& out) {
  std::string mode = section.Has("url") ? "external" : "embedded";
  section.OneOf("mode", mode, {"embedded", "external"});
  out.embedded = mode == "embedded";
  section.Integer("port", out.port, 1, 65535);
  section.Time("collect", out.collect, std::chrono::seconds(1));
  section.Text("url", out.url);
  section.Text("prefix", out.prefix);
  section.Text("username", out.username);
  section.Hidden("password", out.password);
  section.Close();
}

void ReadRegistry(Reader& reader, Section& top, Registry& out) {
  const auto found = top.Find("registry");
  const bool word = found && found->node.IsScalar();
  if (!word) return ReadRegistryMap(top.Child("registry"), out);
  if (found->node.Scalar() != "embedded")
    reader.Fault(*found,
                 "must be embedded, {mode: embedded, port: N} or {url: ..., prefix: ...}, not " +
                     Quote(found->node.Scalar()));
  reader.Record("registry.mode", "embedded", found->Origin());
  Section defaults(reader, {YAML::Node(YAML::NodeType::Map), "registry", reader.file()});
  defaults.Integer("port", out.port, 1, 65535);
  defaults.Time("collect", out.collect);
  defaults.Text("prefix", out.prefix);
}

void ReadDomains(Section& top, std::vector<model::Domain>& out) {
  const auto item = [&](Reader& reader, const Value& value) {
    model::Domain& domain = out.emplace_back();
    if (value.node.IsScalar()) {
      domain.name = value.node.Scalar();
    } else {
      Section section(reader, value, true);
      section.Text("name", domain.name);
      section.Texts("exclude", domain.exclude);
      section.Flag("auth", domain.auth);
      section.Close();
    }
    CheckDomain(reader, value, domain);
  };
  const auto shown = [&] {
    std::string text = "[";
    for (const auto& one : out) {
      text += (text.size() > 1 ? ", {name: " : "{name: ") + PlainOrQuoted(one.name);
      if (!one.exclude.empty()) text += ", exclude: " + ShowTexts(one.exclude);
      text += one.auth ? ", auth: true}" : "}";
    }
    return text + "]";
  };
  top.Items("domains", item, shown);
}

void ReadPorts(Section& top, std::vector<model::PortRange>& out) {
  const auto item = [&](Reader& reader, const Value& value) {
    model::PortRange& range = out.emplace_back();
    Section section(reader, value, true);
    std::string protocol = "tcp";
    section.OneOf("protocol", protocol, {"tcp", "udp"});
    range.protocol = protocol == "udp" ? model::Protocol::kUdp : model::Protocol::kTcp;
    section.Integer("from", range.from, 1, 65535);
    range.to = range.from;
    section.Integer("to", range.to, 1, 65535);
    section.Close();
    if (range.from == 0) reader.Fault(value, "must have from, the first port of the range");
    if (range.to < range.from) reader.Fault(value, "must have a to that is not below its from");
  };
  const auto shown = [&] {
    std::string text = "[";
    for (const auto& one : out) {
      text += std::string(text.size() > 1 ? ", " : "") +
              "{protocol: " + (one.protocol == model::Protocol::kUdp ? "udp" : "tcp") +
              ", from: " + std::to_string(one.from) + ", to: " + std::to_string(one.to) + "}";
    }
    return text + "]";
  };
  top.Items("ports", item, shown);
}

void ReadLinks(Section& top, std::vector<model::Link>& out) {
  const auto item = [&](Reader& reader, const Value& value) {
    model::Link& link = out.emplace_back();
    Section section(reader, value, true);
    section.Text("name", link.name);
    section.Text("url", link.url);
    section.Close();
    const bool web = link.url.starts_with("http://") || link.url.starts_with("https://");
    if (link.name.empty() || !web) reader.Fault(value, "must have a name and an http(s) url");
  };
  const auto shown = [&] {
    std::string text = "[";
    for (const auto& one : out)
      text += (text.size() > 1 ? ", {name: " : "{name: ") + PlainOrQuoted(one.name) +
              ", url: " + Quote(one.url) + "}";
    return text + "]";
  };
  top.Items("links", item, shown);
}

void ReadPluginConfig(Reader& reader, Section& section, PluginInstance& out) {
  std::string shown = "{}";
  const auto read = [&](const Value& value) {
    std::string mistake;
    if (!value.node.IsMap() && !value.node.IsNull())
      return reader.Fault(value, "must be a map: the plugin's own configuration");
    if (value.node.IsMap()) {
      out.config = ToJson(value.node, false, mistake);
      shown = ToJson(value.node, true, mistake);
    }
    out.where = value.Origin();
    if (!mistake.empty()) reader.Fault(value, mistake);
  };
  section.Any("config", read, [&] { return shown; });
}

void ReadPlugin(Reader& reader, Section section, const std::string& name, PluginInstance& out) {
  out.name = name;
  out.where = section.value().Origin();
  section.Text("plugin", out.plugin);
  section.Flag("required", out.required);
  section.Texts("listen", out.listen);
  ReadPluginConfig(reader, section, out);
  section.Close();
  CheckPlugin(reader, section, out);
}

void ReadPlugins(Reader& reader, Section& top, std::vector<PluginInstance>& out) {
  Section section = top.Child("plugins");
  if (!section.value().node.IsMap()) return;
  for (const auto& entry : section.value().node) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const bool again = std::any_of(out.begin(), out.end(),
                                   [&](const PluginInstance& one) { return one.name == name; });
    if (!again) ReadPlugin(reader, section.Child(name), name, out.emplace_back());
  }
  section.Close();  // two of one name
}

void ReadSmall(Section& top, Config& out) {
  Section builder = top.Child("builder");
  builder.Integer("concurrency", out.builder_concurrency, 1, 64);
  builder.Integer("memory_pressure", out.builder_memory_pressure, 0, 100);
  builder.Close();
  Section keep = top.Child("keep");
  keep.Integer("releases", out.keep.releases, 1, 1000);
  keep.Time("build_logs", out.keep.logs);
  // Who follows events reads on from where they were; a rollback needs the release before.
  keep.Time("history", out.keep.history, std::chrono::hours(1));
  keep.Close();
  Section pages = top.Child("page_server");
  pages.Text("listen", out.page_listen);
  pages.Close();
  Section sites = top.Child("sites");
  sites.Text("listen", out.sites.listen);
  sites.Time("drain", out.sites.drain);
  sites.Close();
}

// In the order in which check-config prints them.
void ReadTop(Reader& reader, Section& top, Config& out) {
  top.Text("installation", out.installation);
  top.Path("data", out.data);
  top.Texts("roles", out.roles);
  ReadDatabase(reader, top, out.database);
  out.key_file = out.data + "/key";
  top.Path("key_file", out.key_file);
  ReadIdentity(top.Child("identity"), out.identity);
  ReadGit(top.Child("git"), out.git);
  ReadReceive(reader, top.Child("receive"), out.receive);
  ReadDomains(top, out.domains);
  ReadPorts(top, out.ports);
  ReadLinks(top, out.links);
  top.Text("http_address", out.http_address);
  top.Text("https_address", out.https_address);
  ReadRegistry(reader, top, out.registry);
  ReadLink(top.Child("link"), out.link);
  top.Paths("plugin_dirs", out.plugin_dirs);
  ReadPlugins(reader, top, out.plugins);
  ChooseInstances(out);
  top.Texts("engines", out.engines);
  top.Text("backend", out.backend);
  top.Text("site_server", out.site_server);
  top.Text("storage", out.storage);
  top.Texts("admins", out.admins);
  ReadSmall(top, out);
  top.OneOf("log_level", out.log_level, {"trace", "debug", "info", "warn", "error"});
  top.Hidden("webhook_secret", out.webhook_secret);
  top.OneOf("env_default_scope", out.env_default_scope, {"auto", "run", "build", "both"});
  top.Close();
}

// Nothing where the file cannot be read, with the mistake.
bool ReadFile(const std::string& path, std::string& text, Loaded& loaded) {
  constexpr off_t kMaxFile = 4 << 20;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > kMaxFile) {
    const std::string why = fd < 0 ? ::strerrordesc_np(errno) : "it is no file of at most 4 MiB";
    loaded.mistakes.push_back(
        {path, 0, 0, "", "cannot be read: " + why + "; name another with --config"});
    if (fd >= 0) ::close(fd);
    return false;
  }
  text.resize(static_cast<size_t>(info.st_size));
  size_t at = 0;
  for (ssize_t got; at < text.size() && (got = ::read(fd, text.data() + at, text.size() - at)) > 0;)
    at += static_cast<size_t>(got);
  text.resize(at);
  ::close(fd);
  return true;
}

}  // namespace

std::string Mistake::ToString() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  text += ": ";
  if (!key.empty()) text += key + ": ";
  return text + message;
}

Loaded LoadText(const std::string& text, const std::string& name, const Environment& environment) {
  Loaded loaded;
  Reader reader(name, environment, loaded);
  Section top = reader.Top(text);
  ReadTop(reader, top, loaded.config);
  CheckConfig(reader, top, loaded.config);
  AddLocalStorage(loaded.config);
  reader.Finish();
  return loaded;
}

Loaded LoadFile(const std::string& path, const Environment& environment) {
  std::string text;
  Loaded failed;
  if (!ReadFile(path, text, failed)) return failed;
  return LoadText(text, path, environment);
}

}  // namespace ns::config
