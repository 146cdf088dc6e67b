// Streams of bytes across the boundary. What either throws ends the call; let it pass.
#pragma once

#include <cstddef>
#include <string_view>

#include "ns/sdk/error.h"

namespace ns::sdk {

// Takes bytes as they come; the interface says on which threads. Throws Stopped when the host wants
// no more.
class ByteSink {
 public:
  explicit ByteSink(ns_sink raw) : raw_(raw) {}
  void Write(std::string_view bytes) const { ThrowIfStopped(raw_.write(raw_.ctx, Bytes(bytes))); }

 private:
  ns_sink raw_;
};

// Gives bytes. Throws Stopped when the host has no more to give though it is not the end.
class ByteSource {
 public:
  explicit ByteSource(ns_source raw) : raw_(raw) {}
  // Up to `most` bytes; 0: the end.
  size_t Read(char* to, size_t most) const {
    size_t got = 0;
    ThrowIfStopped(raw_.read(raw_.ctx, reinterpret_cast<uint8_t*>(to), most, &got));
    return got;
  }

 private:
  ns_source raw_;
};

}  // namespace ns::sdk
