// Records in the host's log.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "ns/abi/host_log.h"
#include "ns/sdk/text.h"

namespace ns::sdk {

// `log.Info("pulled", {{"image", image}})`. Never write a secret. Error: a person must look.
// [any-thread]
class Log {
 public:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Log() = default;
  Log(const ns_host* host, const ns_host_log* table) : host_(host), table_(table) {}

  void Debug(std::string_view message, Fields fields = {}) const {
    Write(NS_LOG_DEBUG, message, fields);
  }
  void Info(std::string_view message, Fields fields = {}) const {
    Write(NS_LOG_INFO, message, fields);
  }
  void Warn(std::string_view message, Fields fields = {}) const {
    Write(NS_LOG_WARN, message, fields);
  }
  void Error(std::string_view message, Fields fields = {}) const {
    Write(NS_LOG_ERROR, message, fields);
  }

 private:
  void Write(int32_t level, std::string_view message, Fields fields) const {
    if (!table_ || !table_->enabled(host_, level)) return;
    std::vector<ns_log_field> raw;
    for (const auto& [key, value] : fields) raw.push_back({Str(key), Str(value)});
    table_->write(host_, level, Str(message), raw.data(), raw.size());
  }

  const ns_host* host_ = nullptr;
  const ns_host_log* table_ = nullptr;
};

}  // namespace ns::sdk
