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
  std::string listen;  // "127.0.0.1:8080" or "unix:/x.sock"; empty: `own` alone
  std::string data;    // folder of this server alone
  std::chrono::nanoseconds drain = std::chrono::seconds(30);
  std::string own = {};  // "127.1.2.3:8080", of this server alone; empty: `listen` is
  friend bool operator==(const SiteSettings&, const SiteSettings&) = default;
};

// Absolute, of [A-Za-z0-9/._-] alone, without ".." and of at most 200 bytes: means the same in the
// language of every server.
bool IsSitePath(std::string_view path);
// "127.0.0.1:<1 to 65535>", or "unix:" and a site path of at most 100 bytes.
bool IsSiteAddress(std::string_view address);
// "127.<0 to 255>.<0 to 255>.<0 to 255>:<1 to 65535>".
bool IsOwnAddress(std::string_view address);

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

namespace detail {
// A number up to `most` as it is written without need of anything else.
inline bool IsNumber(std::string_view text, int most) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= 5 && (text.front() != '0' || text.size() == 1) &&
         std::all_of(text.begin(), text.end(), digit) && std::stoi(std::string(text)) <= most;
}
}  // namespace detail

inline bool IsOwnAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || !address.starts_with("127.")) return false;
  const std::string_view port = address.substr(colon + 1);
  std::string_view rest = address.substr(0, colon);
  for (int part = 0; part < 4; ++part) {
    const size_t dot = rest.find('.');
    if ((dot == std::string_view::npos) != (part == 3) ||
        !detail::IsNumber(rest.substr(0, dot), 255))
      return false;
    if (part < 3) rest.remove_prefix(dot + 1);
  }
  return detail::IsNumber(port, 65535) && port != "0";
}

inline bool IsSiteAddress(std::string_view address) {
  constexpr std::string_view kSocket = "unix:";
  if (address.starts_with(kSocket))
    return address.size() <= 105 && IsSitePath(address.substr(kSocket.size()));
  return address.starts_with("127.0.0.1:") && IsOwnAddress(address);
}

inline SiteSettings Site::From(const ns_site_settings* raw) {
  const ns_site_settings& from = detail::Given(raw, NS_HAS(raw, drain_ns));
  SiteSettings settings{Text(from.root), Text(from.listen), Text(from.data)};
  if (NS_HAS(raw, own)) settings.own = Text(from.own);
  if (from.drain_ns > 0) settings.drain = std::chrono::nanoseconds(from.drain_ns);
  const auto refuse = [](const std::string& field, const std::string& rule, ns_str value) {
    throw Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                field + " is \"" + Text(value) + "\"; it must be " + rule + ".", Fault::kOperator);
  };
  const std::string path = "an absolute path of at most 200 of [A-Za-z0-9/._-] without \"..\"";
  if (!IsSitePath(settings.root)) refuse("The folder of sites", path, from.root);
  if (!IsSitePath(settings.data)) refuse("The data folder of the server", path, from.data);
  const bool shared = !settings.own.empty();
  if (!(shared && settings.listen.empty()) && !IsSiteAddress(settings.listen))
    refuse("The address of the server", "127.0.0.1:<port> or unix:<path>", from.listen);
  if (shared && settings.listen.starts_with("unix:"))
    refuse("The address of the server", "127.0.0.1:<port> where servers may share it", from.listen);
  if (shared && (!IsOwnAddress(settings.own) || settings.own == settings.listen))
    refuse("The address of the server alone", "127.x.y.z:<port> and no other one's", from.own);
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
