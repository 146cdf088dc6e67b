#include "plugin/testing/built_plugin.h"

#include <filesystem>

namespace ns::plugin {

std::string BuiltPlugin(const std::string& file) {
  const std::string for_tests = std::string(NS_TEST_PLUGINS) + "/" + file;
  return std::filesystem::exists(for_tests) ? for_tests : std::string(NS_PLUGINS) + "/" + file;
}

}  // namespace ns::plugin
