// Go, Rust, Java.
#include <vector>

#include "build/file_facts.h"
#include "programs.h"

namespace ns::build_runtime_cmd {
namespace {

using build::FirstOf;
using build::ValueOf;
using sdk::SourceListing;

constexpr const char* kProgram = "/usr/local/bin/app";

// What may stand in a command as it is.
bool Plain(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
  return !word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos;
}

bool IsGoMain(const SourceListing& source, const std::string& path) {
  if (!path.ends_with(".go") || path.ends_with("_test.go")) return false;
  const std::string text = source.head(path);
  for (const std::string_view line : build::LinesOf(text)) {
    if (build::Trimmed(line) == "package main") return true;
  }
  return false;
}

// Folders with a program: ".", else those in cmd/.
std::vector<std::string> GoMains(const SourceListing& source) {
  std::vector<std::string> mains;
  for (const sdk::SourceFile& file : source.files) {
    const size_t depth = build::DepthOf(file.path);
    if (depth == 0 && IsGoMain(source, file.path)) return {"."};
    if (depth != 2 || !file.path.starts_with("cmd/") || !Plain(file.path)) continue;
    if (!IsGoMain(source, file.path)) continue;
    const std::string folder = "./" + file.path.substr(0, file.path.rfind('/'));
    if (mains.empty() || mains.back() != folder) mains.push_back(folder);
  }
  return mains;
}

// "go 1.22.3" -> "golang:1.22".
std::string GoImage(const std::string& module) {
  for (const std::string_view line : build::LinesOf(module)) {
    const std::string_view trimmed = build::Trimmed(line);
    if (!trimmed.starts_with("go ")) continue;
    const std::string version(build::Trimmed(trimmed.substr(3)));
    const size_t minor = version.find('.');
    if (version.find_first_not_of("0123456789.") == std::string::npos && minor != std::string::npos)
      return "golang:" + version.substr(0, version.find('.', minor + 1));
  }
  return "golang:1";
}

std::string WhyGo(const std::vector<std::string>& mains) {
  if (mains.size() > 1)
    return "go.mod is of a Go module with " + std::to_string(mains.size()) +
           " programs in cmd/, of which this is the first.";
  return "go.mod is of a Go module with a program " +
         (mains[0] == "." ? "at its root." : "in " + mains[0] + ".");
}

bool HasRustProgram(const SourceListing& source, const std::string& manifest) {
  if (source.Has("src/main.rs") || build::HasFolder(source, "src/bin")) return true;
  return manifest.find("[[bin]]") != std::string::npos;
}

Program Maven() {
  return {"maven:3-eclipse-temurin-21", "mvn -B -DskipTests package", "java -jar target/*.jar",
          "pom.xml is of a Maven project.", 75};
}

Program Gradle(const SourceListing& source, const std::string& script) {
  const bool own = source.Has("gradlew");
  return {own ? "eclipse-temurin:21" : "gradle:8-jdk21",
          (own ? "sh ./gradlew" : "gradle") + std::string(" --no-daemon assemble"),
          "java -jar build/libs/*.jar", script + " is of a Gradle project.", 75};
}

}  // namespace

std::optional<Program> OfGo(const SourceListing& source) {
  if (!source.Has("go.mod")) return std::nullopt;
  const auto mains = GoMains(source);
  if (mains.empty()) return std::nullopt;
  Program program;
  program.image = GoImage(source.head("go.mod"));
  program.script = std::string("CGO_ENABLED=0 go build -o ") + kProgram + " " + mains[0];
  program.command = kProgram;
  program.fit = mains.size() == 1 ? 80 : 60;
  program.why = WhyGo(mains);
  return program;
}

std::optional<Program> OfRust(const SourceListing& source) {
  if (!source.Has("Cargo.toml")) return std::nullopt;
  const std::string manifest = source.head("Cargo.toml");
  const std::string name = ValueOf(manifest, "name", "package");
  if (!Plain(name) || !HasRustProgram(source, manifest)) return std::nullopt;
  const std::string locked = source.Has("Cargo.lock") ? " --locked" : "";
  return Program{"rust:1", "cargo install" + locked + " --path . --root /usr/local",
                 "/usr/local/bin/" + name, "Cargo.toml is of a Rust program, " + name + ".", 80};
}

std::optional<Program> OfJava(const SourceListing& source) {
  if (source.Has("pom.xml")) return Maven();
  const std::string script = FirstOf(source, {"build.gradle", "build.gradle.kts"});
  if (script.empty()) return std::nullopt;
  return Gradle(source, script);
}

}  // namespace ns::build_runtime_cmd
