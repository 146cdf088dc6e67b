#include "archive/tar_bytes.h"

#include <algorithm>
#include <new>

namespace ns::archive {
namespace {

constexpr size_t kChunk = 64u << 10;
constexpr uint64_t kBlock = 512;
constexpr int kGzipOnly = 16 + MAX_WBITS;

}  // namespace

TarBytes::TarBytes(const Source& source, bool gzip, const Limits& limits)
    : source_(source), gzip_(gzip), limits_(limits), in_(kChunk, '\0'), out_(kChunk, '\0') {
  if (gzip_ && ::inflateInit2(&zlib_, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

TarBytes::~TarBytes() {
  if (gzip_) ::inflateEnd(&zlib_);
}

Result<std::string_view> TarBytes::Next() {
  if (ended_) return std::string_view();
  std::string_view bytes;
  if (gzip_) {
    NS_ASSIGN(bytes, NextOfGzip());
  } else {
    NS_ASSIGN(const size_t size, source_(in_.data(), in_.size()));
    bytes = {in_.data(), size};
  }
  ended_ = bytes.empty();
  NS_TRY(Count(bytes));
  return bytes;
}

Result<std::string_view> TarBytes::NextOfGzip() {
  zlib_.next_out = reinterpret_cast<Bytef*>(out_.data());
  zlib_.avail_out = static_cast<uInt>(out_.size());
  while (zlib_.avail_out == out_.size()) {
    NS_TRY(Fill());
    if (zlib_.avail_in == 0 && !began_ && read_ > 0) return std::string_view();
    if (zlib_.avail_in == 0) return BadArtifact("its gzip stream is truncated");
    began_ = true;
    const int said = ::inflate(&zlib_, Z_NO_FLUSH);
    if (said == Z_STREAM_END) {
      NS_TRY(EndOfMember());
    } else if (said != Z_OK) {
      return BadArtifact(std::string("its gzip stream is corrupt: ") +
                         (zlib_.msg ? zlib_.msg : "unexpected data"));
    }
  }
  return std::string_view(out_.data(), out_.size() - zlib_.avail_out);
}

Status TarBytes::EndOfMember() {
  began_ = false;
  if (::inflateReset(&zlib_) != Z_OK) return Internal("zlib does not begin again");
  return {};
}

Status TarBytes::Fill() {
  if (zlib_.avail_in > 0 || source_ended_) return {};
  NS_ASSIGN(const size_t size, source_(in_.data(), in_.size()));
  source_ended_ = size == 0;
  read_ += size;
  zlib_.next_in = reinterpret_cast<Bytef*>(in_.data());
  zlib_.avail_in = static_cast<uInt>(size);
  return {};
}

Status TarBytes::Count(std::string_view bytes) {
  given_ += bytes.size();
  const size_t last = bytes.find_last_not_of('\0');
  zeros_ = last == std::string_view::npos ? zeros_ + bytes.size() : bytes.size() - 1 - last;
  NS_TRY(CheckTarBytes(given_, limits_));
  return gzip_ ? CheckRatio(given_, read_, limits_) : Status();
}

Status TarBytes::Finish() {
  while (!ended_) NS_TRY(Next().status());
  if (given_ % kBlock != 0 || zeros_ < 2 * kBlock) return BadArtifact("the tar in it is truncated");
  return {};
}

}  // namespace ns::archive
