#include "detect.h"

#include <algorithm>

#include "build/file_facts.h"
#include "build/suggest.h"
#include "programs.h"

namespace ns::build_runtime_cmd {
namespace {

constexpr int kProcfile = 83;       // its author says how the program is started
constexpr int kProcfileAlone = 45;  // and nothing says how it is built

// Of the process that requests go to.
std::string WebCommand(const sdk::SourceListing& source) {
  if (!source.Has("Procfile")) return "";
  const std::string text = source.head("Procfile");
  for (const std::string_view line : build::LinesOf(text)) {
    if (line.starts_with("web:")) return std::string(build::Trimmed(line.substr(4)));
  }
  return "";
}

std::vector<Program> Programs(const sdk::SourceListing& source) {
  std::vector<Program> programs;
  for (const auto& look : {OfGo, OfRust, OfJava, OfNode, OfPython, OfRuby, OfPhp}) {
    if (auto found = look(source)) programs.push_back(*std::move(found));
  }
  std::stable_sort(programs.begin(), programs.end(),
                   [](const Program& a, const Program& b) { return a.fit > b.fit; });
  return programs;
}

sdk::Suggestion Suggest(const Program& program) {
  sdk::Suggestion suggestion =
      build::ByCommands(program.fit, program.image, program.script, program.why);
  suggestion.command = program.command;
  return suggestion;
}

}  // namespace

std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source) {
  std::vector<Program> programs = Programs(source);
  if (const std::string web = WebCommand(source); !web.empty()) {
    if (programs.empty()) programs.push_back({"debian:12", "", "", "", kProcfileAlone});
    programs[0].command = web;
    programs[0].fit = programs[0].fit == kProcfileAlone ? kProcfileAlone : kProcfile;
    programs[0].why +=
        (programs[0].why.empty() ? "" : " ") + std::string("The Procfile says how it is started.");
  }
  if (programs.empty() && source.files.empty())
    return {build::Misfit(source, "The repository is empty.")};
  if (programs.empty())
    return {build::Misfit(source,
                          "There is no Procfile, and no program in a language that is known: none "
                          "of go.mod, Cargo.toml, pom.xml, build.gradle, package.json, "
                          "requirements.txt, pyproject.toml, Gemfile and composer.json tells of "
                          "one.")};
  std::vector<sdk::Suggestion> suggestions;
  for (const Program& program : programs) suggestions.push_back(Suggest(program));
  return suggestions;
}

}  // namespace ns::build_runtime_cmd
