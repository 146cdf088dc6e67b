// Derive from Site to write a server of sites. The clauses SITE-01 to -10 of ns/abi/site.h are
// yours to keep.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "ns/abi/site.h"
#include "ns/sdk/thunk.h"

namespace ns::sdk {

// As ns/abi/site.h says. What is given to a Site has been looked at.
struct SiteSettings {
  std::string root;    // folder of sites
  std::string listen;  // "127.0.0.1:8080" or "unix:/x.sock"
  std::string data;    // folder of this server alone
  std::chrono::nanoseconds drain = std::chrono::seconds(30);
  friend bool operator==(const SiteSettings&, const SiteSettings&) = default;
};

// Absolute, of [A-Za-z0-9/._-] alone, without ".." and of at most 200 bytes: means the same in the
// language of every server.
bool IsSitePath(std::string_view path);
// "127.0.0.1:<1 to 65535>", or "unix:" and a site path of at most 100 bytes.
bool IsSiteAddress(std::string_view address);

class Site : public Instance {
 public:
  static constexpr const char* kKind = NS_SITE;

  // The text of the configuration. Pure. [any-thread]
  virtual std::string Render(const SiteSettings& settings) = 0;
  // Throws what the server has against it. [worker, key: data]
  virtual void Check(const Call& call, const SiteSettings& settings) = 0;
  // Starts or adopts; returns once the server answers with these settings. [worker, key: data]
  virtual void Start(const Call& call, const SiteSettings& settings) = 0;
  // Returns once they are in force; throws and leaves the old ones. [worker, key: data]
  virtual void Reload(const Call& call, const SiteSettings& settings) = 0;
  // Lets open requests end, for the drain time at most. [worker, key: data]
  virtual void Stop(const Call& call, const SiteSettings& settings) = 0;
  // Throws what is wrong. [any-thread]
  virtual void Probe(const Call& call, const SiteSettings& settings) = 0;

  template <class T>
  static const void* Table();

 private:
  void RenderRaw(const Call& call, const ns_site_settings* raw, ns_sink out);
  void CheckRaw(const Call& call, const ns_site_settings* raw) { Check(call, From(raw)); }
  void StartRaw(const Call& call, const ns_site_settings* raw) { Start(call, From(raw)); }
  void ReloadRaw(const Call& call, const ns_site_settings* raw) { Reload(call, From(raw)); }
  void StopRaw(const Call& call, const ns_site_settings* raw) { Stop(call, From(raw)); }
  void ProbeRaw(const Call& call, const ns_site_settings* raw) { Probe(call, From(raw)); }
  static SiteSettings From(const ns_site_settings* raw);
};

inline bool IsSitePath(std::string_view path) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '_' || c == '-';
  };
  return path.size() >= 2 && path.size() <= 200 && path.front() == '/' && path.back() != '/' &&
         path.find("..") == std::string_view::npos && std::all_of(path.begin(), path.end(), good);
}

inline bool IsSiteAddress(std::string_view address) {
  constexpr std::string_view kSocket = "unix:", kLoopback = "127.0.0.1:";
  if (address.starts_with(kSocket))
    return address.size() <= 105 && IsSitePath(address.substr(kSocket.size()));
  if (!address.starts_with(kLoopback)) return false;
  const std::string_view port = address.substr(kLoopback.size());
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !port.empty() && port.size() <= 5 && port.front() != '0' &&
         std::all_of(port.begin(), port.end(), digit) && std::stoi(std::string(port)) <= 65535;
}

inline SiteSettings Site::From(const ns_site_settings* raw) {
  const ns_site_settings& from = detail::Given(raw, NS_HAS(raw, drain_ns));
  SiteSettings settings{Text(from.root), Text(from.listen), Text(from.data)};
  if (from.drain_ns > 0) settings.drain = std::chrono::nanoseconds(from.drain_ns);
  const auto refuse = [](const std::string& field, const std::string& rule, ns_str value) {
    throw Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                field + " is \"" + Text(value) + "\"; it must be " + rule + ".", Fault::kOperator);
  };
  const std::string path = "an absolute path of at most 200 of [A-Za-z0-9/._-] without \"..\"";
  if (!IsSitePath(settings.root)) refuse("The folder of sites", path, from.root);
  if (!IsSitePath(settings.data)) refuse("The data folder of the server", path, from.data);
  if (!IsSiteAddress(settings.listen))
    refuse("The address of the server", "127.0.0.1:<port> or unix:<path>", from.listen);
  return settings;
}

inline void Site::RenderRaw(const Call&, const ns_site_settings* raw, ns_sink out) {
  const std::string text = Render(From(raw));
  ThrowIfStopped(out.write(out.ctx, Bytes(text)));
}

template <class T>
const void* Site::Table() {
  static constexpr ns_site kTable = {sizeof(ns_site),
                                     0,
                                     &detail::Thunk<&Site::RenderRaw>::Run,
                                     &detail::Thunk<&Site::CheckRaw>::Run,
                                     &detail::Thunk<&Site::StartRaw>::Run,
                                     &detail::Thunk<&Site::ReloadRaw>::Run,
                                     &detail::Thunk<&Site::StopRaw>::Run,
                                     &detail::Thunk<&Site::ProbeRaw>::Run};
  return &kTable;
}

}  // namespace ns::sdk
