#include <algorithm>

#include "config/config.h"
#include "config/scalars.h"

namespace ns::config {
namespace {

std::vector<std::string> Parts(const std::string& key) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('.', begin), key.size());
    parts.push_back(key.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

size_t SharedPrefix(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  size_t count = 0;
  while (count + 1 < a.size() && count + 1 < b.size() && a[count] == b[count]) ++count;
  return count;
}

}  // namespace

std::string PrintEffective(const Loaded& loaded) {
  std::string out;
  std::vector<std::string> before;
  for (const EffectiveValue& value : loaded.values) {
    const auto parts = Parts(value.key);
    for (size_t depth = SharedPrefix(before, parts); depth + 1 < parts.size(); ++depth)
      out += std::string(2 * depth, ' ') + parts[depth] + ":\n";
    std::string line = std::string(2 * (parts.size() - 1), ' ') + parts.back() + ": " + value.value;
    if (line.size() < 50) line.resize(50, ' ');
    out += line + "  # " + value.origin + "\n";
    before = parts;
  }
  return out;
}

std::vector<std::string> NeedRestart(const Config& before, const Config& now) {
  const std::pair<const char*, bool> fixed[] = {
      {"installation", before.installation != now.installation},
      {"data", before.data != now.data},
      {"roles", before.roles != now.roles},
      {"database", before.database != now.database},
      {"key_file", before.key_file != now.key_file},
      {"identity", before.identity != now.identity},
      {"git", before.git != now.git},
      {"receive", before.receive != now.receive},
      {"engines", before.engines != now.engines},
      {"registry", before.registry != now.registry},
      {"link", before.link != now.link},
      {"backend", before.backend != now.backend},
      {"sites", before.sites != now.sites},
      {"storage", before.storage != now.storage},
      {"plugin_dirs", before.plugin_dirs != now.plugin_dirs},
      {"page_server", before.page_listen != now.page_listen},
      {"builder", before.builder_concurrency != now.builder_concurrency ||
                      before.builder_memory_pressure != now.builder_memory_pressure},
      {"keep", before.keep != now.keep},
  };
  std::vector<std::string> keys;
  for (const auto& [key, changed] : fixed) {
    if (changed) keys.push_back(key);
  }
  for (const PluginInstance& plugin : now.plugins) {
    const auto same = [&](const PluginInstance& one) {
      return one.name == plugin.name && one.plugin == plugin.plugin &&
             one.required == plugin.required && one.listen == plugin.listen &&
             one.config == plugin.config;
    };
    if (std::none_of(before.plugins.begin(), before.plugins.end(), same))
      keys.push_back("plugins." + plugin.name);
  }
  for (const PluginInstance& plugin : before.plugins) {
    const auto named = [&](const PluginInstance& one) { return one.name == plugin.name; };
    if (std::none_of(now.plugins.begin(), now.plugins.end(), named))
      keys.push_back("plugins." + plugin.name);
  }
  return keys;
}

}  // namespace ns::config
