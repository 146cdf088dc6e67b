#include "detect.h"

#include <algorithm>
#include <optional>

#include "build/file_facts.h"
#include "build/node_package.h"
#include "build/suggest.h"

namespace ns::build_static_cmd {
namespace {

using build::FirstOf;
using sdk::SourceListing;
using sdk::Suggestion;

constexpr int kKnown = 85;    // a generator of sites, and its output
constexpr int kPlain = 75;    // pages at the root
constexpr int kFolder = 60;   // pages in a folder that is called like one
constexpr int kBeside = 40;   // a site that a server is built with
constexpr int kGuessed = 35;  // a build of who knows what

Suggestion Site(int fit, const std::string& image, const std::string& script,
                const std::string& folder, const std::string& why) {
  Suggestion suggestion = build::ByCommands(fit, image, script, why);
  suggestion.artifact_path = folder;
  return suggestion;
}

std::optional<Suggestion> OfNode(const SourceListing& source) {
  const auto package = build::ReadNodePackage(source);
  if (!package) return std::nullopt;
  const std::string server = build::ServerOf(source, *package);
  if (const auto site = build::FindNodeSite(source, *package)) {
    return Site(server.empty() ? kKnown : kBeside, package->image,
                package->install + "\n" + package->run + " " + site->script, site->folder,
                "package.json uses " + site->framework + ", whose script \"" + site->script +
                    "\" makes a site in " + site->folder +
                    (server.empty() ? "." : "; it uses " + server + " as well, a server."));
  }
  if (!server.empty() || !package->scripts.contains("build") || package->scripts.contains("start"))
    return std::nullopt;
  return Site(kGuessed, package->image, package->install + "\n" + package->run + " build", "dist",
              "package.json has a script \"build\" and none to start a server; where it leaves its "
              "result is a guess.");
}

std::optional<Suggestion> OfHugo(const SourceListing& source) {
  std::string config = FirstOf(source, {"hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json"});
  const std::string old = FirstOf(source, {"config.toml", "config.yaml", "config.yml"});
  if (config.empty() && build::HasFolder(source, "content")) config = old;
  if (config.empty()) return std::nullopt;
  const std::string folder =
      build::FolderInside(build::ValueOf(source.head(config), "publishDir"), "public");
  return Site(kKnown, "hugomods/hugo:exts", "hugo --minify", folder,
              config + " is of a Hugo site.");
}

std::optional<Suggestion> OfMkDocs(const SourceListing& source) {
  const std::string config = FirstOf(source, {"mkdocs.yml", "mkdocs.yaml"});
  if (config.empty()) return std::nullopt;
  const std::string needs = FirstOf(source, {"docs/requirements.txt", "requirements.txt"});
  const std::string folder =
      build::FolderInside(build::ValueOf(source.head(config), "site_dir"), "site");
  return Site(kKnown, "python:3.13",
              (needs.empty() ? "pip install mkdocs" : "pip install -r " + needs) +
                  "\nmkdocs build -f " + config,
              folder, config + " is of a MkDocs site.");
}

std::optional<Suggestion> OfJekyll(const SourceListing& source) {
  const std::string config = FirstOf(source, {"_config.yml", "_config.yaml"});
  const bool named =
      source.Has("Gemfile") && source.head("Gemfile").find("jekyll") != std::string::npos;
  const bool shaped = build::HasFolder(source, "_posts") || build::HasFolder(source, "_layouts");
  if (config.empty() || (!named && !shaped)) return std::nullopt;
  const std::string script =
      named ? "bundle install\nbundle exec jekyll build" : "gem install jekyll\njekyll build";
  return Site(kKnown, "ruby:3.3", script, "_site", config + " is of a Jekyll site.");
}

// Pages that lie there ready. Those beside a package.json with a build are its source.
std::optional<Suggestion> OfPages(const SourceListing& source) {
  const auto package = build::ReadNodePackage(source);
  if (package && package->scripts.contains("build")) return std::nullopt;
  if (source.Has("index.html"))
    return Site(kPlain, "", "", ".", "There is an index.html at the root and nothing to build.");
  for (const char* folder : {"public", "dist", "site", "www", "docs", "html", "build"}) {
    const std::string page = std::string(folder) + "/index.html";
    if (source.Has(page))
      return Site(kFolder, "", "", folder, "There is a " + page + " and nothing to build.");
  }
  return std::nullopt;
}

}  // namespace

std::vector<Suggestion> Detect(const SourceListing& source) {
  std::vector<Suggestion> suggestions;
  for (const auto& look : {OfNode, OfHugo, OfMkDocs, OfJekyll, OfPages}) {
    if (auto found = look(source)) suggestions.push_back(*std::move(found));
  }
  std::stable_sort(suggestions.begin(), suggestions.end(),
                   [](const Suggestion& a, const Suggestion& b) { return a.fit > b.fit; });
  if (!suggestions.empty()) return suggestions;
  if (source.files.empty()) return {build::Misfit(source, "The repository is empty.")};
  return {
      build::Misfit(source, "There is no index.html, and no generator of sites that is known.")};
}

}  // namespace ns::build_static_cmd
