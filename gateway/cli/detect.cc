#include "detect.h"

#include <algorithm>

#include "text.h"

namespace ns::cli {
namespace {

constexpr int kSitePort = 80;  // of static sites, which have none of their own

}  // namespace

platform::Suggestion Suggest(Context& context, const std::string& repository_id,
                             const std::string& ref, const std::string& name, bool look) {
  platform::SuggestApplicationRequest request;
  request.set_repository_id(repository_id);
  request.set_ref_name(ref);
  request.set_name(name);
  request.set_without_methods(!look);
  if (look) context.Progress("looking at the source");
  return context.Platform<platform::Suggestion>("SuggestApplication", request);
}

std::string MethodName(std::string field) {
  std::ranges::replace(field, '_', '-');
  return field;
}

int PortOf(const platform::Suggestion::Method& method) {
  return method.name().starts_with("static_") ? kSitePort : method.http_port();
}

const platform::Suggestion::Method* BestOf(const platform::Suggestion& wanted) {
  const auto found =
      std::ranges::find_if(wanted.methods(), [](const auto& one) { return one.has_config(); });
  return found == wanted.methods().end() ? nullptr : &*found;
}

std::string WhyNot(const platform::Suggestion& wanted) {
  std::string lines;
  for (const auto& method : wanted.misfits())
    lines += "  " + MethodName(method.name()) + ": " + Plain(method.reason()) + "\n";
  for (const auto& one : wanted.failures())
    lines += "  " + MethodName(one.name()) + " could not be asked: " + Plain(one.message()) + "\n";
  return lines.empty() ? "  no build method is loaded on that builder\n" : lines;
}

api::CreateWebsiteRequest WebsiteOf(std::string url, int port) {
  api::CreateWebsiteRequest website;
  website.set_https(url.starts_with("https://"));
  if (const size_t scheme = url.find("://"); scheme != std::string::npos) url.erase(0, scheme + 3);
  const size_t slash = std::min(url.find('/'), url.size());
  website.set_fqdn(url.substr(0, slash));
  website.set_path_prefix(slash < url.size() ? url.substr(slash) : "/");
  website.set_http_port(port);
  return website;
}

std::string UrlOf(const std::string& fqdn, const std::string& path, bool https) {
  return (https ? "https://" : "http://") + fqdn + path;
}

}  // namespace ns::cli
