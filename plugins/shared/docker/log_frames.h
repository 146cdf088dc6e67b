// The Engine's framing of output: 8 bytes (1: stdout, 2: stderr; length in the last four, big end
// first), then that many bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "docker/types.h"

namespace ns::docker {

// Takes pieces as they come and gives lines with their time. Lines of a container without frames (a
// terminal) are not understood.
class LogFrames {
 public:
  explicit LogFrames(std::function<void(LogLine)> take) : take_(std::move(take)) {}
  void Feed(std::string_view bytes);
  // What is left without a line end.
  void Finish();
  // So far. A long line is several of them.
  int records() const { return records_; }

 private:
  void Payload(int stream, std::string_view bytes);
  void Line(int stream, std::string_view line);

  std::function<void(LogLine)> take_;
  int records_ = 0;
  std::string buffer_;
  std::string rest_[2];  // stdout, stderr: begun lines
};

}  // namespace ns::docker
