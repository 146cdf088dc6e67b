#include "build/node_package.h"

#include <boost/json.hpp>
#include <cstdlib>

#include "build/file_facts.h"

namespace ns::build {
namespace {

namespace json = boost::json;

const json::object* ObjectAt(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  return value ? value->if_object() : nullptr;
}

// "20.x", "^20.1", "v20" -> "node:20"; of ">=18" and what is not understood, the one that is
// current.
std::string ImageFor(const json::object& package) {
  const std::string otherwise = "node:22";
  const json::object* engines = ObjectAt(package, "engines");
  const json::value* node = engines ? engines->if_contains("node") : nullptr;
  if (!node || !node->is_string()) return otherwise;
  std::string wanted(node->get_string());
  wanted.erase(0, wanted.find_first_not_of("^~=v "));
  const int major = std::atoi(wanted.c_str());
  return major >= 16 && major <= 30 ? "node:" + std::to_string(major) : otherwise;
}

void TakePackageManager(const sdk::SourceListing& source, NodePackage& package) {
  package.run = "npm run";
  package.install = source.Has("package-lock.json") ? "npm ci" : "npm install";
  if (source.Has("yarn.lock")) {
    package.install = "corepack enable\nyarn install --immutable || yarn install --frozen-lockfile";
    package.run = "yarn run";
  }
  if (source.Has("pnpm-lock.yaml")) {
    package.install = "corepack enable\npnpm install --frozen-lockfile";
    package.run = "pnpm run";
  }
}

struct Framework {
  const char *dependency, *name, *script, *folder;
};
// Those that stand on others come first.
constexpr Framework kFrameworks[] = {
    {"@docusaurus/core", "Docusaurus", "build", "build"},
    {"astro", "Astro", "build", "dist"},
    {"gatsby", "Gatsby", "build", "public"},
    {"next", "Next.js", "build", "out"},
    {"nuxt", "Nuxt", "generate", ".output/public"},
    {"@sveltejs/kit", "SvelteKit", "build", "build"},
    {"react-scripts", "Create React App", "build", "build"},
    {"@vue/cli-service", "Vue CLI", "build", "dist"},
    {"@11ty/eleventy", "Eleventy", "build", "_site"},
    {"hexo", "Hexo", "build", "public"},
    {"parcel", "Parcel", "build", "dist"},
    {"vite", "Vite", "build", "dist"},
};

// The text of the first of "<name>.js", "<name>.ts" and so on.
std::string ConfigOf(const sdk::SourceListing& source, const std::string& name) {
  const std::string path =
      FirstOf(source, {name + ".js", name + ".mjs", name + ".cjs", name + ".ts", name + ".mts"});
  return path.empty() ? "" : source.head(path);
}

// The text between quotes behind `key:`; empty without one.
std::string QuotedBehind(const std::string& text, const std::string& key) {
  const size_t at = text.find(key);
  if (at == std::string::npos) return "";
  const size_t begin = text.find_first_not_of(" \t:", at + key.size());
  if (begin == std::string::npos || std::string("'\"`").find(text[begin]) == std::string::npos)
    return "";
  const size_t end = text.find(text[begin], begin + 1);
  return end == std::string::npos ? "" : text.substr(begin + 1, end - begin - 1);
}

bool ExportsNext(const sdk::SourceListing& source) {
  return QuotedBehind(ConfigOf(source, "next.config"), "output") == "export";
}

// Why that framework would render on a server; empty: it makes files.
std::string Renderer(const sdk::SourceListing& source, const NodePackage& package,
                     const std::string& dependency) {
  if (dependency == "next" && !ExportsNext(source)) return "next";
  if (dependency == "nuxt" && !package.scripts.contains("generate")) return "nuxt";
  if (dependency == "astro" && package.Uses("@astrojs/node")) return "@astrojs/node";
  if (dependency == "@sveltejs/kit" && !package.Uses("@sveltejs/adapter-static"))
    return "@sveltejs/kit";
  return "";
}

const Framework* FrameworkOf(const NodePackage& package) {
  for (const Framework& one : kFrameworks) {
    if (package.Uses(one.dependency)) return &one;
  }
  return nullptr;
}

std::string FolderOf(const sdk::SourceListing& source, const Framework& framework) {
  if (std::string(framework.dependency) != "vite") return framework.folder;
  return FolderInside(QuotedBehind(ConfigOf(source, "vite.config"), "outDir"), framework.folder);
}

}  // namespace

std::optional<NodePackage> ReadNodePackage(const sdk::SourceListing& source) {
  if (!source.Has("package.json")) return std::nullopt;
  json::error_code error;
  const json::value value = json::parse(source.head("package.json"), error);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& from = value.get_object();
  NodePackage package;
  if (const json::object* scripts = ObjectAt(from, "scripts")) {
    for (const auto& [name, script] : *scripts) {
      if (script.is_string()) package.scripts[name] = std::string(script.get_string());
    }
  }
  for (const char* kind : {"dependencies", "devDependencies"}) {
    if (const json::object* names = ObjectAt(from, kind)) {
      for (const auto& entry : *names) package.dependencies.emplace(entry.key());
    }
  }
  package.image = ImageFor(from);
  TakePackageManager(source, package);
  return package;
}

std::optional<NodeSite> FindNodeSite(const sdk::SourceListing& source, const NodePackage& package) {
  const Framework* framework = FrameworkOf(package);
  if (!framework || !package.scripts.contains(framework->script)) return std::nullopt;
  if (!Renderer(source, package, framework->dependency).empty()) return std::nullopt;
  return NodeSite{framework->name, framework->script, FolderOf(source, *framework)};
}

std::string ServerOf(const sdk::SourceListing& source, const NodePackage& package) {
  if (const Framework* framework = FrameworkOf(package)) {
    const std::string renderer = Renderer(source, package, framework->dependency);
    if (!renderer.empty()) return renderer;
  }
  for (const char* server : {"express", "fastify", "koa", "hono", "@nestjs/core", "@hapi/hapi",
                             "@remix-run/serve", "socket.io"}) {
    if (package.Uses(server)) return server;
  }
  return "";
}

}  // namespace ns::build
