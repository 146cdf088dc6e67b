#include "archive/limits.h"

#include <cerrno>
#include <cstring>

#include "base/crypto.h"
#include "model/utf8.h"

namespace ns::archive {

Status BadArtifact(const std::string& what) {
  return Status(Code::kInvalid, "ArtifactInvalid", "the artifact cannot be used: " + what)
      .SetFault(Fault::kSource);
}

Status TooLarge(const std::string& what) {
  return Status(Code::kInvalid, "ArtifactTooLarge", "the artifact is too large: " + what)
      .SetFault(Fault::kSource);
}

Status CannotWrite(const std::string& path, int error) {
  const std::string message = "cannot write " + Printable(path) + ": " + ::strerrordesc_np(error);
  if (error == ENOSPC || error == EDQUOT)
    return Status(Code::kUnavailable, "DiskFull", message + "; make room")
        .SetFault(Fault::kPlatform);
  return Unavailable(message).SetFault(Fault::kPlatform);
}

std::string Printable(const std::string& name) {
  constexpr size_t kMost = 200;
  const bool utf8 = model::IsUtf8(name);
  std::string text;
  for (const char c : name) {
    if (text.size() >= kMost) return text + "...";
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte != 0x7f && (byte < 0x80 || utf8);
    text += plain ? std::string(1, c) : "\\x" + ToHex({&c, 1});
  }
  return text;
}

}  // namespace ns::archive
