#include "rpc/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace ns::gateway::rpc {
namespace {

constexpr int kGzip = 15 + 16;  // the largest window, with gzip's header
constexpr int kFast = 1;        // most answers are small and sent once

Bytef* In(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, kFast, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Converted Gunzip(std::string_view bytes, uint64_t most) {
  z_stream stream{};
  inflateInit2(&stream, kGzip);
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK && out.size() <= most) {
    std::array<char, 16 * 1024> piece;
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  const bool all = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (out.size() > most)
    return Problem{NS_E_EXHAUSTED,
                   "The message has more than " + std::to_string(most) + " bytes once unpacked.",
                   {},
                   0};
  if (!all) return Problem{NS_E_INVALID, "The message is not whole gzip.", {}, 0};
  return out;
}

}  // namespace ns::gateway::rpc
