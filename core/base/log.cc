#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace ns::log {
namespace {

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kTrace:
      return spdlog::level::trace;
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

struct Sink {
  Level level = Level::kInfo;
  std::function<void(Level, std::string_view)> put;
};

Sink& Redirected() {
  static Sink sink;
  return sink;
}

// A value as it stands on the line: quoted when it would not read as one word.
void AppendValue(std::string& line, std::string_view value) {
  const bool plain =
      !value.empty() && value.find_first_of(" \"=\n\r\t\\") == std::string_view::npos;
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') line += '\\';
    if (c == '\n') {
      line += "\\n";
      continue;
    }
    if (c == '\r') {
      line += "\\r";
      continue;
    }
    line += c;
  }
  line += '"';
}

}  // namespace

void Configure(Level level, const std::string& path) {
  auto logger = path.empty() ? spdlog::stderr_color_mt("ns") : spdlog::basic_logger_mt("ns", path);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(ToSpdlog(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void Redirect(Level level, std::function<void(Level, std::string_view line)> sink) {
  Redirected() = {level, std::move(sink)};
}

bool Enabled(Level level) {
  const Sink& sink = Redirected();
  return sink.put ? level >= sink.level : spdlog::should_log(ToSpdlog(level));
}

void Write(Level level, std::string_view message, const Field* fields, size_t count) {
  if (!Enabled(level)) return;
  std::string line(message);
  for (size_t i = 0; i < count; ++i) {
    line += ' ';
    line += fields[i].key;
    line += '=';
    AppendValue(line, fields[i].value);
  }
  if (const Sink& sink = Redirected(); sink.put)
    sink.put(level, line);
  else
    spdlog::log(ToSpdlog(level), "{}", line);
}

Level LevelFromName(std::string_view name) {
  if (name == "trace") return Level::kTrace;
  if (name == "debug") return Level::kDebug;
  if (name == "warn") return Level::kWarn;
  if (name == "error") return Level::kError;
  return Level::kInfo;
}

}  // namespace ns::log
