#include "git/submodule_url.h"

#include <algorithm>
#include <filesystem>

#include "model/received.h"
#include "model/repository_url.h"

namespace ns::git {
namespace {

bool IsRelative(std::string_view text) { return text.starts_with("./") || text.starts_with("../"); }

// Where the path of a valid URL begins: at the first slash behind the host, or behind the colon of
// user@host:path.
size_t PathBegin(std::string_view url, bool scp) {
  if (!scp) return std::min(url.find('/', url.find("://") + 3), url.size());
  const size_t bracket = url.find(']');
  return url.find(':', bracket == std::string_view::npos ? 0 : bracket) + 1;
}

std::string_view WithoutSlashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// They lie beside each other and nowhere else.
Result<std::string> BesideReceived(std::string_view text) {
  std::string_view name = text;
  name.remove_prefix(name.starts_with("../") ? 3 : 0);
  name = WithoutSlashes(name);
  if (name.ends_with(".git")) name.remove_suffix(4);
  if (text.starts_with("../") && model::ReceivedNameMistake(name).empty())
    return model::ReceivedUrl(name);
  return Invalid("url must be \"../NAME.git\", a repository of the platform, where it is relative");
}

}  // namespace

std::string UrlOfFolder(const std::string& folder) {
  return model::ReceivedUrl(std::filesystem::path(folder).stem().string());
}

Result<std::string> ResolveSubmoduleUrl(std::string_view parent, std::string_view text) {
  if (IsRelative(text) && model::ReceivedName(parent)) return BesideReceived(text);
  std::string url(text);
  if (IsRelative(text)) {
    NS_ASSIGN(const auto base, model::ParseRepositoryUrl(parent));
    const size_t begin = PathBegin(parent, base.scp);
    std::string_view path = WithoutSlashes(parent.substr(begin)), rest = text;
    const bool rooted = path.starts_with('/');
    while (IsRelative(rest)) {
      const bool up = rest.starts_with("..");
      if (up && path.empty())
        return Invalid("url must not lead out of the root of " + base.host + " with \"..\"");
      const size_t slash = path.rfind('/');
      if (up) path = WithoutSlashes(path.substr(0, slash == std::string_view::npos ? 0 : slash));
      rest.remove_prefix(std::min(rest.find_first_not_of('/', up ? 2 : 1), rest.size()));
    }
    url = std::string(parent.substr(0, begin)) + std::string(path);
    if (rooted || !path.empty()) url += "/";
    url += rest;
  }
  NS_TRY(model::ParseRepositoryUrl(url).status());
  return url;
}

bool SameOrigin(std::string_view a, std::string_view b) {
  const auto one = model::ParseRepositoryUrl(a), other = model::ParseRepositoryUrl(b);
  return one.ok() && other.ok() && one->scheme == other->scheme && one->host == other->host &&
         model::PortOf(*one) == model::PortOf(*other);
}

}  // namespace ns::git
