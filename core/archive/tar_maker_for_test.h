// Tars as no honest tool writes them, a source that gives bytes, and a folder with something to
// harm beside it.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "archive/stream.h"

namespace ns::archive {

struct TarEntry {
  std::string name;
  char type = '0';
  std::string body{};
  std::string link{};
  unsigned mode = 0644;
  int64_t size = -1;            // as the header says; -1: that of the body
  std::string prefix{};         // of ustar
  std::string size_field{};     // raw, instead of size
  std::string sparse_fields{};  // raw, from byte 386 on
  bool ustar = true;
};

inline std::string Header(const TarEntry& entry) {
  std::string block(512, '\0');
  const auto put = [&](size_t at, size_t room, const std::string& text) {
    std::memcpy(block.data() + at, text.data(), std::min(room, text.size()));
  };
  const auto octal = [](uint64_t number, int digits) {
    char text[24];
    std::snprintf(text, sizeof(text), "%0*llo", digits, static_cast<unsigned long long>(number));
    return std::string(text);
  };
  const int64_t size = entry.size < 0 ? static_cast<int64_t>(entry.body.size()) : entry.size;
  put(0, 100, entry.name);
  put(100, 8, octal(entry.mode, 7));
  put(108, 8, octal(0, 7));
  put(116, 8, octal(0, 7));
  put(124, 12,
      entry.size_field.empty() ? octal(static_cast<uint64_t>(size), 11) : entry.size_field);
  put(136, 12, octal(0, 11));
  block[156] = entry.type;
  put(157, 100, entry.link);
  if (entry.ustar)
    put(257, 8,
        std::string("ustar\0"
                    "00",
                    8));
  put(345, 155, entry.prefix);
  if (!entry.sparse_fields.empty()) {
    put(257, 8, std::string("ustar  \0", 8));
    put(386, 126, entry.sparse_fields);
  }
  unsigned sum = 8 * ' ';
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, 8, octal(sum, 6) + std::string("\0 ", 2));
  return block;
}

inline std::string Padded(std::string bytes) {
  bytes.resize((bytes.size() + 511) / 512 * 512);
  return bytes;
}

inline std::string One(const TarEntry& entry) { return Header(entry) + Padded(entry.body); }
inline std::string File(const std::string& name, const std::string& body = "evil") {
  return One({name, '0', body});
}

// An extended header for the entry after it ('x'), or all after it ('g'); GNU's long name ('L') and
// long link ('K').
inline std::string Pax(const std::map<std::string, std::string>& records, char type = 'x') {
  std::string body;
  for (const auto& [key, value] : records) {
    const std::string rest = " " + key + "=" + value + "\n";
    size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length) ++length;
    body += std::to_string(length) + rest;
  }
  return One({"pax", type, body});
}
inline std::string Long(const std::string& name, char type = 'L') {
  return One({"././@LongLink", type, name + std::string(1, '\0')});
}

inline std::string Tar(const std::string& entries) { return entries + std::string(1024, '\0'); }

inline std::string Gzip(const std::string& bytes, int level = 1) {
  z_stream stream{};
  ::deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(::deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return out;
}

inline Source From(const std::string& bytes, size_t chunk = 4096) {
  return [&bytes, chunk, at = size_t{0}](char* to, size_t most) mutable -> Result<size_t> {
    const size_t size = std::min({most, chunk, bytes.size() - at});
    std::memcpy(to, bytes.data() + at, size);
    at += size;
    return size;
  };
}

inline std::string ReadText(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// out/ to unpack into; beside it a file, a folder and a link that nobody may touch.
class Ground {
 public:
  Ground() {
    // In memory where there is such a folder: hundreds of them are made and removed.
    root_ = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    root_ += "/ns-archive-test.XXXXXX";
    if (!::mkdtemp(root_.data())) std::abort();
    for (const char* name : {"/out", "/outside"}) std::filesystem::create_directory(root_ + name);
    std::ofstream(root_ + "/canary") << "sings";
    std::filesystem::create_symlink("outside", root_ + "/link");
    before_ = Around();
  }
  ~Ground() { std::filesystem::remove_all(root_); }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  const std::string& root() const { return root_; }
  std::string out() const { return root_ + "/out"; }
  // What is wrong now; empty: nothing lies outside, and inside are plain files and folders alone.
  std::string Sweep() const {
    std::string wrong = Around() == before_ ? "" : "changed outside:\n" + Around();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(out())) {
      struct stat info {};
      ::lstat(entry.path().c_str(), &info);
      const bool file = S_ISREG(info.st_mode), folder = S_ISDIR(info.st_mode);
      if ((!file && !folder) || (file && info.st_nlink != 1) || (info.st_mode & 07022) != 0)
        wrong += "inside: " + entry.path().string() + "\n";
    }
    return wrong;
  }

 private:
  // Everything but what is below out/.
  std::string Around() const {
    std::string text;
    for (const char* name : {"/", "/out", "/outside", "/canary", "/link"}) {
      struct stat info {};
      ::lstat((root_ + name).c_str(), &info);
      text += std::string(name) + " " + std::to_string(info.st_mode) + " " +
              std::to_string(info.st_ino) + " " +
              std::to_string(info.st_nlink * (name != std::string("/out"))) + "\n";
    }
    for (const std::string& folder : {root_, root_ + "/outside"}) {
      int count = 0;
      for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder))
        ++count;
      text += std::to_string(count) + "\n";
    }
    return text + ReadText(root_ + "/canary") +
           std::filesystem::read_symlink(root_ + "/link").string();
  }

  std::string root_, before_;
};

}  // namespace ns::archive
