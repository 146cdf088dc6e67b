// Hosts, paths and ports: by themselves, in what the platform offers, and against what others hold.
#include <algorithm>
#include <set>
#include <tuple>

#include "base/ascii.h"
#include "model/idna.h"
#include "model/validate.h"

namespace ns::model {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) {
  return IsDigit(c) || IsLower(static_cast<char>(c | 0x20)) ? (c | 0x20) <= 'f' : false;
}

std::string At(const std::string& field, size_t index, const char* member) {
  return field + "[" + std::to_string(index) + "]." + member;
}

std::string IdnaMistake(const Status& failure) {
  return failure.ok() ? "" : "must pass IDNA: " + failure.message();
}

// What is wrong with one label of a host; empty when nothing is.
std::string LabelMistake(std::string_view label) {
  if (label.empty()) return "must have no empty label and no leading or trailing dot";
  if (label.size() > 63) return "must have labels of at most 63 characters";
  const bool letters = std::all_of(label.begin(), label.end(), [](char c) {
    return IsLower(c) || IsDigit(c) || c == '-' || c == '_';
  });
  if (!letters) return "must consist of labels of [a-z0-9-] joined by dots, without wildcards";
  const auto edge = [](char c) { return c == '-' || c == '_'; };
  if (edge(label.front()) || edge(label.back()))
    return "must have no label that begins or ends with \"-\" or \"_\"";
  // Whatever has these may be an A-label, or be reserved for something of the kind.
  const bool extended = label.size() > 3 && label.substr(2, 2) == "--";
  return extended ? IdnaMistake(ToAscii(label).status()) : "";
}

std::string HostMistake(std::string_view host) {
  if (host.empty()) return "must not be empty";
  if (host.size() > 253) return "must have at most 253 characters";
  if (!IsAscii(host)) {
    const Status failure = ToAscii(host).status();
    return failure.ok() ? "must be written with A-labels" : IdnaMistake(failure);
  }
  for (size_t begin = 0; begin <= host.size();) {
    const size_t end = std::min(host.find('.', begin), host.size());
    std::string mistake = LabelMistake(host.substr(begin, end - begin));
    if (!mistake.empty()) return mistake;
    begin = end + 1;
  }
  return "";
}

int HexValue(char c) { return IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }
char Upper(char c) { return IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
bool IsUnreserved(char c) {
  return IsLower(static_cast<char>(c | 0x20)) || IsDigit(c) ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

bool MatchesPattern(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  pattern.remove_prefix(1);  // ".example.com"
  return host.size() > pattern.size() && host.ends_with(pattern);
}

std::string PathMistake(std::string_view path) {
  if (!path.starts_with('/')) return "must start with \"/\"";
  if (path.size() > 1024) return "must have at most 1024 bytes";
  if (path == "/") return "";
  if (path.ends_with('/')) return "must not end in \"/\"";
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%') {
      if (i + 2 >= path.size() || !IsHex(path[i + 1]) || !IsHex(path[i + 2]))
        return "must have two hex digits after each \"%\"";
    } else if (c != '/' && !IsUnreserved(c)) {
      return "must hold unreserved characters, \"/\" and %XX alone";
    }
  }
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return "must have no empty, \".\" or \"..\" segment";
    begin = end + 1;
  }
  return "";
}

// Whether `low` is `high` or lies below it by whole segments.
bool Below(std::string_view low, std::string_view high) {
  if (high == "/" || low == high) return true;
  return low.starts_with(high) && low[high.size()] == '/';
}

const char* ProtocolName(Protocol protocol) { return protocol == Protocol::kTcp ? "TCP" : "UDP"; }

std::string RangesText(const std::vector<PortRange>& ranges, Protocol protocol) {
  std::string out;
  for (const PortRange& range : ranges) {
    if (range.protocol != protocol) continue;
    out +=
        (out.empty() ? "" : ", ") + std::to_string(range.from) + " to " + std::to_string(range.to);
  }
  return out;
}

void CheckPortNumber(const std::string& field, int port, Violations& out) {
  if (port < 1 || port > 65535)
    out.push_back({field, "must be 1 to 65535, got " + std::to_string(port)});
}

void CheckWebsite(const std::string& field, size_t index, const Website& website,
                  const PlatformInfo& platform, Violations& out) {
  const size_t before = out.size();
  const std::string host_field = At(field, index, "fqdn");
  CheckHost(host_field, website.fqdn, out);
  const Domain* domain = FindDomain(platform.domains, website.fqdn);
  if (out.size() == before && domain == nullptr) {
    out.push_back({host_field, "must lie in an available domain, got " + Quoted(website.fqdn)});
  }
  CheckPathPrefix(At(field, index, "path_prefix"), website.path_prefix, out);
  if (website.strip_prefix && website.path_prefix == "/") {
    out.push_back({At(field, index, "strip_prefix"), "must be off where path_prefix is \"/\""});
  }
  CheckPortNumber(At(field, index, "http_port"), website.port, out);
  if (website.https && platform.https_address.empty()) {
    out.push_back({At(field, index, "https"), "must be off: this installation serves no HTTPS"});
  }
  if (website.auth != AuthPolicy::kOff && domain != nullptr && !domain->auth) {
    out.push_back(
        {At(field, index, "authentication"),
         "must be OFF: the domain " + Quoted(domain->name) + " offers no authentication"});
  }
}

std::string UrlText(const Website& website) {
  return std::string(website.https ? "https" : "http") + "://" + website.fqdn + website.path_prefix;
}

std::optional<std::string> WebsiteConflict(const Website& mine, const Website& theirs, bool owns) {
  if (mine.https != theirs.https || mine.fqdn != theirs.fqdn) return std::nullopt;
  if (mine.path_prefix == theirs.path_prefix)
    return UrlText(mine) + " is held by another application";
  const bool nested =
      Below(mine.path_prefix, theirs.path_prefix) || Below(theirs.path_prefix, mine.path_prefix);
  if (!nested || owns) return std::nullopt;
  return UrlText(mine) + " lies above or below " + UrlText(theirs) +
         " of another application, which only who owns both may do";
}

}  // namespace

bool Covers(const Domain& domain, std::string_view host) {
  const auto excluded = [&](const std::string& pattern) { return MatchesPattern(pattern, host); };
  return MatchesPattern(domain.name, host) &&
         std::none_of(domain.exclude.begin(), domain.exclude.end(), excluded);
}

const Domain* FindDomain(const std::vector<Domain>& domains, std::string_view host) {
  const Domain* found = nullptr;
  for (const Domain& domain : domains) {
    if (Covers(domain, host) && (found == nullptr || (domain.auth && !found->auth)))
      found = &domain;
  }
  return found;
}

std::string CanonicalHost(std::string_view host) {
  constexpr size_t kLongest = 1024;  // no more than 253 in its one spelling
  if (IsAscii(host) || host.size() > kLongest) return Lowered(host);
  auto ascii = ToAscii(host);
  return ascii.ok() ? std::move(*ascii) : Lowered(host);
}

void CheckHost(const std::string& field, std::string_view host, Violations& out) {
  const std::string mistake = HostMistake(host);
  if (!mistake.empty()) out.push_back({field, mistake + ", got " + Quoted(host)});
}

std::string CanonicalPath(std::string_view path) {
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    if (i + 2 >= path.size() || !IsHex(path[i + 1]) || !IsHex(path[i + 2]))
      return std::string(path);
    const auto byte = static_cast<char>(HexValue(path[i + 1]) * 16 + HexValue(path[i + 2]));
    if (IsUnreserved(byte)) {
      out += byte;
    } else {
      out += {'%', Upper(path[i + 1]), Upper(path[i + 2])};
    }
    i += 2;
  }
  return out;
}

void CheckPathPrefix(const std::string& field, std::string_view path, Violations& out) {
  const std::string mistake = PathMistake(path);
  if (!mistake.empty()) out.push_back({field, mistake + ", got " + Quoted(path)});
}

void CheckWebsites(const std::string& field, const std::vector<Website>& websites,
                   const PlatformInfo& platform, Violations& out) {
  std::set<std::tuple<bool, std::string_view, std::string_view>> urls;
  for (size_t i = 0; i < websites.size(); ++i) {
    const Website& website = websites[i];
    CheckWebsite(field, i, website, platform, out);
    if (!urls.emplace(website.https, website.fqdn, website.path_prefix).second)
      out.push_back({At(field, i, "fqdn"),
                     "must not name the same URL twice, got " + Quoted(UrlText(website))});
  }
}

void CheckPorts(const std::string& field, const std::vector<PortPublication>& ports,
                const PlatformInfo& platform, Violations& out) {
  std::set<std::pair<Protocol, int>> published;
  for (size_t i = 0; i < ports.size(); ++i) {
    const PortPublication& port = ports[i];
    const auto offered = [&](const PortRange& range) {
      return range.protocol == port.protocol && range.from <= port.internet_port &&
             port.internet_port <= range.to;
    };
    if (std::none_of(platform.ports.begin(), platform.ports.end(), offered)) {
      const std::string ranges = RangesText(platform.ports, port.protocol);
      out.push_back(
          {At(field, i, "internet_port"), "must lie in an available range of " +
                                              std::string(ProtocolName(port.protocol)) + " (" +
                                              (ranges.empty() ? "there is none" : ranges) +
                                              "), got " + std::to_string(port.internet_port)});
    }
    CheckPortNumber(At(field, i, "application_port"), port.application_port, out);
    if (!published.emplace(port.protocol, port.internet_port).second)
      out.push_back({At(field, i, "internet_port"),
                     "must not be published twice, got " + std::to_string(port.internet_port)});
  }
}

std::optional<Violation> FindConflict(const std::vector<Website>& websites,
                                      const std::vector<PortPublication>& ports,
                                      const std::vector<Held>& others,
                                      const std::function<bool(const std::vector<UserId>&)>& owns,
                                      const AddressFields& fields) {
  for (const Held& other : others) {
    const bool mine = owns(other.owners);
    for (size_t i = 0; i < websites.size(); ++i) {
      for (const Website& website : other.websites) {
        if (auto conflict = WebsiteConflict(websites[i], website, mine))
          return Violation{At(fields.websites, i, "fqdn"), *conflict};
      }
    }
    for (size_t i = 0; i < ports.size(); ++i) {
      const auto taken = [&](const PortPublication& port) {
        return port.protocol == ports[i].protocol && port.internet_port == ports[i].internet_port;
      };
      if (std::none_of(other.ports.begin(), other.ports.end(), taken)) continue;
      return Violation{At(fields.ports, i, "internet_port"),
                       std::string(ProtocolName(ports[i].protocol)) + " port " +
                           std::to_string(ports[i].internet_port) +
                           " is held by another application"};
    }
  }
  return std::nullopt;
}

}  // namespace ns::model
