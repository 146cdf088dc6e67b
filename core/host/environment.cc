#include "host/environment.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace ns::host {

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> values;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      values.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return values;
}

std::string EnvironmentValue(const std::string& name, const std::string& otherwise) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? otherwise : value;
}

}  // namespace ns::host
