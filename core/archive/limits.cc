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

Status CheckTarBytes(uint64_t raw, const Limits& limits) {
  constexpr uint64_t kHeaders = 4 * 512;  // more than most entries need beside their bytes
  if (raw <= limits.bytes + limits.entries * kHeaders) return {};
  return TooLarge("more than " + std::to_string(limits.bytes) + " bytes come out of it");
}

Status CheckRatio(uint64_t raw, uint64_t packed, const Limits& limits) {
  if (raw <= limits.ratio_from || raw / limits.ratio <= packed) return {};
  return TooLarge("more than " + std::to_string(limits.ratio) +
                  " times its own size comes out of it");
}

Status CannotWrite(const std::string& path, int error) {
  const std::string message = "cannot write " + Printable(path) + ": " + ::strerrordesc_np(error);
  if (error == ENOSPC || error == EDQUOT)
    return Status(Code::kUnavailable, "DiskFull", message + "; make room")
        .SetFault(Fault::kPlatform);
  return Unavailable(message).SetFault(Fault::kPlatform);
}

Status CannotRead(const std::string& path, int error) {
  return Unavailable("cannot read " + Printable(path) + ": " + ::strerrordesc_np(error))
      .SetFault(Fault::kPlatform);
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
