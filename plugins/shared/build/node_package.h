// What package.json and the files beside it tell of a Node.js project. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "ns/sdk/detect.h"

namespace ns::build {

struct NodePackage {
  std::map<std::string, std::string> scripts;
  std::set<std::string> dependencies;  // names, those of development too
  std::string image = "node:22";       // that fits `engines`
  std::string install;                 // the command that the lock file asks for
  std::string run;                     // "npm run"
  bool Uses(const std::string& dependency) const { return dependencies.contains(dependency); }
};

// Of the root of the source; nullopt where there is no package.json or it cannot be read.
std::optional<NodePackage> ReadNodePackage(const sdk::SourceListing& source);

// A site of files that a framework makes.
struct NodeSite {
  std::string framework;  // "Vite"
  std::string script;     // of package.json, that makes it: "build"
  std::string folder;     // where it lies then
};

// nullopt: no framework that is known, or one that is set up to render on a server.
std::optional<NodeSite> FindNodeSite(const sdk::SourceListing& source, const NodePackage& package);

// The dependency that shows that it is a server: "express"; empty: none does.
std::string ServerOf(const sdk::SourceListing& source, const NodePackage& package);

}  // namespace ns::build
