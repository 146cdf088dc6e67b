#include "git/inflate.h"

#include <zlib.h>

#include <array>

namespace ns::git {

struct Inflate::State {
  z_stream stream{};
  bool good = false, ended = false;
};

Inflate::Inflate() : state_(std::make_unique<State>()) {
  state_->good = ::inflateInit2(&state_->stream, MAX_WBITS + 16) == Z_OK;
}

Inflate::~Inflate() { ::inflateEnd(&state_->stream); }

Status Inflate::Feed(std::string_view bytes, size_t room, std::string& out) {
  z_stream& stream = state_->stream;
  if (!state_->good || (state_->ended && !bytes.empty()))
    return Invalid("the body is not compressed with gzip");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::array<char, 16 << 10> chunk{};
  do {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    const int done = ::inflate(&stream, Z_NO_FLUSH);
    const size_t size = chunk.size() - stream.avail_out;
    if (size > room)
      return Status(Code::kExhausted, "LimitExceeded", "the body is too long when decompressed");
    out.append(chunk.data(), size);
    room -= size;
    state_->ended = done == Z_STREAM_END;
    if (done == Z_BUF_ERROR) break;  // it wants more
    state_->good = done == Z_OK || done == Z_STREAM_END;
  } while (state_->good && !state_->ended && (stream.avail_in > 0 || stream.avail_out == 0));
  if (state_->good && !(state_->ended && stream.avail_in > 0)) return {};
  return Invalid("the body is not compressed with gzip");
}

}  // namespace ns::git
