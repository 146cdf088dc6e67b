// A TCP or Unix socket that sends bytes as they are.
#pragma once

#include <string>

namespace ns::gateway {

// A listening socket on 127.0.0.1 (port 0: any), or a Unix socket at `path`. The descriptor is the
// caller's.
int ListenOnLoopback(int& port);
int ListenOnPath(const std::string& path);

class RawClient {
 public:
  explicit RawClient(int port);
  explicit RawClient(const std::string& path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the other end has closed.
  bool Send(const std::string& bytes);
  void HalfClose();
  void Close();
  // Closed with a reset, as a crashed client does.
  void Reset();
  // As a machine without power: whatever comes is dropped, and nothing answers it. TCP alone.
  void Vanish();
  // One response by its Content-Length; what came when the connection ends, or ten seconds pass,
  // before it is whole.
  std::string Response();
  // All until the other end closes.
  std::string Rest();
  // What has come by now, at least one byte; none at the end, or after ten seconds.
  std::string Some();
  // Whether it did so by a reset, as the last read found.
  bool was_reset() const { return was_reset_; }

 private:
  bool Read();

  int fd_ = -1;
  std::string buffer_;
  bool was_reset_ = false;
};

}  // namespace ns::gateway
