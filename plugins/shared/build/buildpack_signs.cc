#include "build/buildpack_signs.h"

#include <array>
#include <set>

#include "build/file_facts.h"

namespace ns::build {
namespace {

struct Known {
  const char *file, *language;
};
constexpr std::array<Known, 22> kKnown = {{{"go.mod", "Go"},
                                           {"package.json", "Node.js"},
                                           {"pyproject.toml", "Python"},
                                           {"requirements.txt", "Python"},
                                           {"Pipfile", "Python"},
                                           {"environment.yml", "Python"},
                                           {"pom.xml", "Java"},
                                           {"build.gradle", "Java"},
                                           {"build.gradle.kts", "Kotlin"},
                                           {"build.sbt", "Scala"},
                                           {"project.clj", "Clojure"},
                                           {"Gemfile", "Ruby"},
                                           {"composer.json", "PHP"},
                                           {"index.php", "PHP"},
                                           {"Cargo.toml", "Rust"},
                                           {"mix.exs", "Elixir"},
                                           {"deno.json", "Deno"},
                                           {"Package.swift", "Swift"},
                                           {"pubspec.yaml", "Dart"},
                                           {"global.json", ".NET"},
                                           {"deps.edn", "Clojure"},
                                           {"bun.lockb", "Bun"}}};

// ".NET" has projects under names of their own.
bool OfDotNet(std::string_view name) {
  return name.ends_with(".csproj") || name.ends_with(".fsproj") || name.ends_with(".vbproj") ||
         name.ends_with(".sln");
}

// project.toml is a name that others use as well.
bool Describes(const std::string& text) {
  for (const std::string_view line : LinesOf(text)) {
    if (line.starts_with("[_]") || line.starts_with("[_.") ||
        line.find("io.buildpacks") != std::string_view::npos)
      return true;
  }
  return false;
}

std::optional<BuildpackSign> SignIn(const sdk::SourceListing& source, const std::string& context) {
  const std::string folder = context == "." ? "" : context + "/";
  BuildpackSign sign;
  sign.context = context;
  sign.procfile = source.Has(folder + "Procfile");
  const std::string descriptor = folder + "project.toml";
  if (source.Has(descriptor)) {
    const std::string text = source.head(descriptor);
    sign.descriptor = Describes(text);
  }
  for (const Known& one : kKnown) {
    if (!source.Has(folder + one.file)) continue;
    sign.file = one.file;
    sign.language = one.language;
    return sign;
  }
  for (const sdk::SourceFile& file : source.files) {
    if (!file.path.starts_with(folder)) continue;
    const std::string name = file.path.substr(folder.size());
    if (name.find('/') != std::string::npos || !OfDotNet(name)) continue;
    sign.file = name;
    sign.language = ".NET";
    return sign;
  }
  if (!sign.procfile && !sign.descriptor) return std::nullopt;
  sign.file = sign.procfile ? "Procfile" : "project.toml";
  return sign;
}

}  // namespace

std::optional<BuildpackSign> FindBuildpackSign(const sdk::SourceListing& source) {
  if (auto sign = SignIn(source, ".")) return sign;
  std::set<std::string> folders;
  for (const sdk::SourceFile& file : source.files) {
    if (DepthOf(file.path) == 1) folders.insert(file.path.substr(0, file.path.find('/')));
  }
  for (const std::string& folder : folders) {
    if (auto sign = SignIn(source, folder)) return sign;
  }
  return std::nullopt;
}

}  // namespace ns::build
