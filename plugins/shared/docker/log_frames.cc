#include "docker/log_frames.h"

#include "docker/json.h"

namespace ns::docker {
namespace {

constexpr size_t kHead = 8;

size_t LengthAt(std::string_view head) {
  size_t length = 0;
  for (size_t i = 4; i < kHead; ++i) length = length << 8 | static_cast<unsigned char>(head[i]);
  return length;
}

}  // namespace

void LogFrames::Feed(std::string_view bytes) {
  buffer_ += bytes;
  size_t at = 0;
  while (buffer_.size() - at >= kHead) {
    const std::string_view frame = std::string_view(buffer_).substr(at);
    const size_t length = LengthAt(frame);
    if (frame.size() < kHead + length) break;
    ++records_;
    Payload(frame[0] == 2 ? 1 : 0, frame.substr(kHead, length));
    at += kHead + length;
  }
  buffer_.erase(0, at);
}

void LogFrames::Finish() {
  for (int stream : {0, 1}) {
    if (!rest_[stream].empty()) Line(stream, rest_[stream]);
    rest_[stream].clear();
  }
}

void LogFrames::Payload(int stream, std::string_view bytes) {
  std::string& rest = rest_[stream];
  for (size_t end; (end = bytes.find('\n')) != std::string_view::npos;
       bytes.remove_prefix(end + 1)) {
    rest += bytes.substr(0, end);
    Line(stream, rest);
    rest.clear();
  }
  rest += bytes;
}

// "2026-11-25T02:41:16.123456789Z text"
void LogFrames::Line(int stream, std::string_view line) {
  const size_t space = line.find(' ');
  const auto at = ParseTime(line.substr(0, space));
  std::string_view text = !at                               ? line
                          : space == std::string_view::npos ? std::string_view()
                                                            : line.substr(space + 1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  take_({at.value_or(UtcTime()), stream == 1, std::string(text)});
}

}  // namespace ns::docker
