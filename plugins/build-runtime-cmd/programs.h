// Programs that are told by the files of their language. Pure.
#pragma once

#include <optional>
#include <string>

#include "ns/sdk/detect.h"

namespace ns::build_runtime_cmd {

struct Program {
  std::string image, script;  // as base_image and build_cmd
  std::string command;        // empty: it is not known how it is run
  std::string why;
  int fit = 0;
};

// nullopt: it is none of that language. Where the command is not known the fit is lower.
std::optional<Program> OfGo(const sdk::SourceListing& source);
std::optional<Program> OfRust(const sdk::SourceListing& source);
std::optional<Program> OfJava(const sdk::SourceListing& source);
std::optional<Program> OfNode(const sdk::SourceListing& source);
std::optional<Program> OfPython(const sdk::SourceListing& source);
std::optional<Program> OfRuby(const sdk::SourceListing& source);
std::optional<Program> OfPhp(const sdk::SourceListing& source);

}  // namespace ns::build_runtime_cmd
