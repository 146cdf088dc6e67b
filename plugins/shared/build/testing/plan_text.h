// Plans as text, for golden files.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "ns/sdk/build.h"

namespace ns::build::testing {

// Every member of the plan, one a line or block; equal plans, equal texts, and the other way.
inline std::string PlanText(const sdk::BuildPlan& plan) {
  std::ostringstream text;
  text << "dockerfile_path: " << plan.dockerfile_path << "\ncontext: " << plan.context
       << "\ntarget: " << plan.target
       << "\nignore_dockerignore: " << (plan.ignore_dockerignore ? "yes" : "no")
       << "\nexport_path: " << plan.export_path << "\n";
  if (!plan.builder.empty())
    text << "builder: " << plan.builder << "\nrun_image: " << plan.run_image
         << "\nplatform_api: " << plan.platform_api << "\n";
  for (const auto& [key, value] : plan.args) text << "arg " << key << "=" << value << "\n";
  for (const sdk::EnvVar& one : plan.secrets)
    text << (one.secret ? "secret " : "plain ") << one.key << "=" << one.value << "\n";
  text << "dockerfile_text:\n" << plan.dockerfile_text;
  return text.str();
}

inline std::string ReadGolden(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace ns::build::testing
