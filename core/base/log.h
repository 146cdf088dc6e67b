// The log façade. One line a record: time, level, message, key=value fields. [any-thread]
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ns::log {

enum class Level { kTrace, kDebug, kInfo, kWarn, kError };

struct Field {
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

// Where records go and from which level on. `path` empty: standard error. Call once, before
// threads.
void Configure(Level level, const std::string& path);
// Records from `level` on go to `sink` from now on, all others nowhere; null: as configured again.
// For tests and simulations; not beside threads that write.
void Redirect(Level level, std::function<void(Level, std::string_view line)> sink);
bool Enabled(Level level);
void Write(Level level, std::string_view message, const Field* fields, size_t count);

inline void Debug(std::string_view message, Fields fields = {}) {
  Write(Level::kDebug, message, fields.begin(), fields.size());
}
inline void Info(std::string_view message, Fields fields = {}) {
  Write(Level::kInfo, message, fields.begin(), fields.size());
}
inline void Warn(std::string_view message, Fields fields = {}) {
  Write(Level::kWarn, message, fields.begin(), fields.size());
}
// A person must look.
inline void Error(std::string_view message, Fields fields = {}) {
  Write(Level::kError, message, fields.begin(), fields.size());
}

// The level called `name` ("trace" ... "error"); kInfo for anything else.
Level LevelFromName(std::string_view name);

}  // namespace ns::log
