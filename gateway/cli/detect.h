// What the server says a source could be.
#pragma once

#include <string>

#include "context.h"

namespace ns::cli {

// `look`: with what fits the source, for which a builder looks at it.
platform::Suggestion Suggest(Context& context, const std::string& repository_id,
                             const std::string& ref, const std::string& name, bool look);
// "runtime-dockerfile", as the documentation has it, of "runtime_dockerfile".
std::string MethodName(std::string field);
// That a program or site of that method listens on; 0: the source does not say.
int PortOf(const platform::Suggestion::Method& method);
// The one to begin with; null where nothing fits that this program can ask for.
const platform::Suggestion::Method* BestOf(const platform::Suggestion& wanted);
// What was looked for, a line each.
std::string WhyNot(const platform::Suggestion& wanted);

// "https://host/path", "host/path" or "host".
api::CreateWebsiteRequest WebsiteOf(std::string url, int port);
// What `website` is in a browser.
std::string UrlOf(const std::string& fqdn, const std::string& path, bool https);

inline constexpr int kUsualPort = 8080;  // of a program, where the source names none

}  // namespace ns::cli
