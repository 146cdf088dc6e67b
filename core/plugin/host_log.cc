// ns.host.log/1 on the host's own log.
#include <algorithm>
#include <deque>
#include <vector>

#include "base/log.h"
#include "ns/sdk/text.h"
#include "plugin/host_context.h"
#include "plugin/text.h"

namespace ns::plugin {
namespace {

constexpr size_t kMostFields = 32;

log::Level LevelOf(int32_t level) {
  switch (level) {
    case NS_LOG_DEBUG:
      return log::Level::kDebug;
    case NS_LOG_WARN:
      return log::Level::kWarn;
    case NS_LOG_ERROR:
      return log::Level::kError;
    default:
      return log::Level::kInfo;
  }
}

int32_t Enabled(const ns_host*, int32_t level) noexcept {
  return log::Enabled(LevelOf(level)) ? 1 : 0;
}

void Write(const ns_host* host, int32_t level, ns_str message, const ns_log_field* fields,
           size_t count) noexcept {
  std::deque<std::string> keys;  // log::Field borrows its key
  std::vector<log::Field> list{{"instance", ContextOf(host).instance}};
  for (size_t i = 0; i < std::min(count, kMostFields); ++i) {
    keys.push_back(CleanText(sdk::View(fields[i].key), 100));
    list.push_back({keys.back(), CleanText(sdk::View(fields[i].value))});
  }
  log::Write(LevelOf(level), CleanText(sdk::View(message)), list.data(), list.size());
}

}  // namespace

const ns_host_log& LogTable() {
  static constexpr ns_host_log kTable = {sizeof(ns_host_log), 0, &Enabled, &Write};
  return kTable;
}

}  // namespace ns::plugin
