// From a registered repository to a running application.
#pragma once

#include <functional>
#include <string>

#include "context.h"

namespace ns::cli {

struct Deploying {
  std::string url;              // of the repository, for messages
  std::string ref, name, host;  // empty: HEAD, and what the server suggests
  int port = 0;                 // 0: what the source names
  // Told what a new application will be, before it is made; throws where it shall not. May be
  // empty.
  std::function<void(const std::string&)> confirm = {};
};

// Makes the application where there is none of that repository, ref and name, follows build and
// deploy, and prints the URL last. Throws Failure unless all is as the owner asked.
void Deploy(Context& context, const Deploying& given, const api::Repository& repo);

}  // namespace ns::cli
