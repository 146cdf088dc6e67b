#include "detect.h"

#include "build/buildpack_signs.h"
#include "build/suggest.h"

namespace ns::build_runtime_buildpack {
namespace {

// All below a Dockerfile and below pages that are ready: those are certain, and the builder's
// buildpacks are not known here.
constexpr int kDescribed = 60;  // its author means buildpacks
constexpr int kStarted = 34;    // a language, and how it is started
constexpr int kLanguage = 30;
constexpr int kProcfile = 25;  // nobody knows of what
constexpr int kInFolder = 10;  // less: it may be of a part of the repository

int FitOf(const build::BuildpackSign& sign) {
  const int fit = sign.descriptor         ? kDescribed
                  : sign.language.empty() ? kProcfile
                  : sign.procfile         ? kStarted
                                          : kLanguage;
  return sign.context == "." ? fit : fit - kInFolder;
}

std::string WhyOf(const build::BuildpackSign& sign) {
  const std::string folder = sign.context == "." ? "" : sign.context + "/";
  std::string why;
  if (sign.descriptor) why = folder + "project.toml describes a project for buildpacks. ";
  if (!sign.language.empty()) {
    why += folder + sign.file + " is of " + sign.language;
    why += sign.procfile ? ", and a Procfile says how it is started" : "";
    return why + "; whether the builder has a buildpack for it shows when it is built.";
  }
  if (sign.procfile) why += "A Procfile says how it is started. ";
  return why + "No file tells of a language that buildpacks commonly know.";
}

}  // namespace

std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source) {
  if (const auto sign = build::FindBuildpackSign(source))
    return {build::ByBuildpacks(FitOf(*sign), sign->context, WhyOf(*sign))};
  return {build::Misfit(source,
                        "There is no project.toml for buildpacks, no Procfile, and no file of a "
                        "language that buildpacks commonly know, such as go.mod, package.json, "
                        "requirements.txt, pom.xml, Gemfile, composer.json, Cargo.toml or a "
                        ".csproj.")};
}

}  // namespace ns::build_runtime_buildpack
