// The keys under `link`.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/loopback.h"
#include "base/nearest.h"
#include "config/check.h"
#include "config/scalars.h"

namespace ns::config {
namespace {

constexpr size_t kShortestToken = 16;
const std::vector<std::string> kGranted = {"builder", "services"};

bool EveryAddress(const std::string& address) {
  return address.starts_with(":") || address.starts_with("0.0.0.0:") ||
         address.starts_with("[::]:");
}

void ReadHosts(Section& link, std::vector<LinkHost>& out) {
  const auto item = [&](Reader& reader, const Value& value) {
    LinkHost& host = out.emplace_back();
    Section section(reader, value, true);
    section.Text("name", host.name);
    section.Hidden("token", host.token);
    section.Texts("roles", host.roles);
    section.Close();
    if (!IsHost(host.name))
      reader.Fault(value,
                   "must have a name in lower case such as builder-1, not " + Quote(host.name));
    if (host.roles.empty()) reader.Fault(value, "must have roles: builder, services");
    for (const std::string& role : host.roles) {
      if (std::ranges::find(kGranted, role) == kGranted.end())
        reader.Fault(value, Quote(role) +
                                " is no role of a host that comes in (builder, services)" +
                                Suggestion(role, kGranted));
    }
    if (!host.token.empty() && host.token.Reveal().size() < kShortestToken)
      reader.Fault(value,
                   "must have a token of at least 16 characters, such as `openssl rand -hex "
                   "32` gives");
  };
  const auto shown = [&] {
    std::string text = "[";
    for (const LinkHost& one : out)
      text += (text.size() > 1 ? ", {name: " : "{name: ") + PlainOrQuoted(one.name) +
              (one.token.empty() ? "" : ", token: (secret)") + ", roles: " + ShowTexts(one.roles) +
              "}";
    return text + "]";
  };
  link.Items("hosts", item, shown);
}

void CheckFile(Reader& reader, Section& link, const std::string& key, const std::string& path,
               bool secret) {
  if (path.empty()) return;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || ::access(path.c_str(), R_OK) != 0) {
    reader.Fault(link.At(key), "cannot be read: " + path + ": " + std::strerror(errno));
  } else if (secret && (info.st_mode & 077) != 0) {
    reader.Fault(link.At(key), "must not be readable by others: chmod 600 " + path);
  }
}

void CheckHosts(Reader& reader, Section& link, const LinkSettings& settings) {
  std::set<std::string> names, tokens;
  for (const LinkHost& host : settings.hosts) {
    if (!names.insert(host.name).second)
      reader.Fault(link.At("hosts"), "has two hosts of the name " + Quote(host.name));
    if (host.token.empty() && settings.client_ca.empty())
      reader.Fault(link.At("hosts"), "must have a token for " + Quote(host.name) +
                                         ", or client_ca to know it by its certificate");
    if (!host.token.empty() && !tokens.insert(host.token.Reveal()).second)
      reader.Fault(link.At("hosts"),
                   "has the same token twice, the second time for " + Quote(host.name));
  }
  if (settings.listen.empty() && !settings.hosts.empty())
    reader.Doubt(link.At("hosts"), "has no effect without link.listen");
  if (!settings.listen.empty() && settings.hosts.empty())
    reader.Doubt(link.At("listen"), "lets nobody in: link.hosts is empty");
}

void CheckListen(Reader& reader, Section& link, const LinkSettings& settings) {
  if (!settings.listen.empty() && !IsListen(settings.listen))
    reader.Fault(link.At("listen"),
                 "must be ADDRESS:PORT or unix:/PATH, not " + Quote(settings.listen));
  if (!settings.listen.empty() && settings.certificate.empty() && !IsLoopback(settings.listen))
    reader.Fault(
        link.At("listen"),
        "needs link.certificate and link.key: plain text is for addresses of this machine");
  if (!settings.advertise.empty() && !IsHostPort(settings.advertise, false, 1))
    reader.Fault(link.At("advertise"), "must be HOST:PORT, not " + Quote(settings.advertise));
  if (settings.advertise.empty() && EveryAddress(settings.listen))
    reader.Doubt(link.At("listen"),
                 "is every address of this machine: services on other machines cannot ask for "
                 "output without link.advertise");
}

void CheckConnect(Reader& reader, Section& link, const LinkSettings& settings,
                  const std::vector<std::string>& roles) {
  for (const std::string& address : settings.connect) {
    const bool socket = address.starts_with("unix:/");
    if (!socket && !IsHostPort(address, false, 1))
      reader.Fault(link.At("connect"), "must hold HOST:PORT or unix:/PATH, not " + Quote(address));
  }
  if (!settings.connect.empty() && roles != std::vector<std::string>{"builder"})
    reader.Doubt(link.At("connect"), "has an effect on processes of the role builder alone");
  if (!settings.connect.empty() && settings.token.empty() && settings.certificate.empty())
    reader.Fault(link.At("connect"), "needs link.token, or link.certificate and link.key");
}

}  // namespace

// In the order in which check-config prints them.
void ReadLink(Section section, LinkSettings& out) {
  section.Text("listen", out.listen);
  section.Text("advertise", out.advertise);
  section.Path("client_ca", out.client_ca);
  ReadHosts(section, out.hosts);
  section.Texts("connect", out.connect);
  section.Hidden("token", out.token);
  section.Path("certificate", out.certificate);
  section.Path("key", out.key);
  section.Path("ca", out.ca);
  section.Close();
}

void CheckLink(Reader& reader, Section& top, const Config& config) {
  const LinkSettings& settings = config.link;
  Section link = top.Child("link");
  if (settings.certificate.empty() != settings.key.empty())
    reader.Fault(link.value(), "must have certificate and key together");
  CheckListen(reader, link, settings);
  CheckHosts(reader, link, settings);
  CheckConnect(reader, link, settings, config.roles);
  CheckFile(reader, link, "client_ca", settings.client_ca, false);
  CheckFile(reader, link, "certificate", settings.certificate, false);
  CheckFile(reader, link, "key", settings.key, true);
  CheckFile(reader, link, "ca", settings.ca, false);
}

}  // namespace ns::config
