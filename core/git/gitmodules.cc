#include "git/gitmodules.h"

#include <optional>

#include "git/config_text.h"

namespace ns::git {
namespace {

struct Section {
  std::optional<std::string> path, url;
};

}  // namespace

Result<std::map<std::string, std::string>> ParseGitmodules(std::string_view text) {
  std::map<std::string, Section> sections;
  NS_TRY(ParseConfigText(".gitmodules", text, [&](const ConfigVariable& variable) {
    if (variable.section != "submodule" || variable.name.empty()) return;
    if (variable.key == "path") sections[variable.name].path = variable.value;
    if (variable.key == "url") sections[variable.name].url = variable.value;
  }));
  std::map<std::string, std::string> urls;
  for (const auto& [name, section] : sections) {
    if (!section.path) continue;
    if (!section.url) {
      return Status(Code::kInvalid, "CheckoutRefused",
                    ".gitmodules has a submodule with a path and no url")
          .SetFault(Fault::kSource);
    }
    urls[*section.path] = *section.url;
  }
  return urls;
}

}  // namespace ns::git
