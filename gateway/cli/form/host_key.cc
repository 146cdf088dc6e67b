#include "form/host_key.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace ns::cli::form {
namespace {

const std::vector<std::string> kTypes = {"ssh-ed25519", "ecdsa-sha2-nistp256",
                                         "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"};

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Padded and canonical, as JSON writes bytes.
std::optional<std::string> FromBase64(const std::string& text) {
  namespace util = google::protobuf::util;
  google::protobuf::BytesValue bytes;
  const std::string json = '"' + text + '"';
  std::string again;
  const bool same = util::JsonStringToMessage(json, &bytes).ok() &&
                    util::MessageToJsonString(bytes, &again).ok() && again == json;
  return same ? std::optional(bytes.value()) : std::nullopt;
}

// Fields with their lengths before them, the first of which is the type.
bool IsWhole(const std::string& blob, const std::string& type) {
  size_t at = 0, fields = 0;
  while (at + 4 <= blob.size()) {
    size_t size = 0;
    for (size_t i = at; i < at + 4; ++i) size = size << 8 | static_cast<uint8_t>(blob[i]);
    at += 4;
    if (size > blob.size() - at) return false;
    if (fields == 0 && blob.compare(at, size, type) != 0) return false;
    at += size, ++fields;
  }
  return at == blob.size() && fields > 1;
}

std::string TypesText() {
  std::string text;
  for (const std::string& type : kTypes) text += (text.empty() ? "" : ", ") + type;
  return text;
}

}  // namespace

HostKey ReadHostKey(const std::string& text) {
  if (std::ranges::any_of(text, IsControl))
    return {"", "must be one line without control characters"};
  const size_t first = text.find(' ');
  const std::string type = text.substr(0, first);
  if (std::ranges::find(kTypes, type) == kTypes.end())
    return {"", "must begin with one of " + TypesText() + ", as ssh_host_*_key.pub does"};
  const std::string behind = first == std::string::npos ? "" : text.substr(first + 1);
  const std::string base64 = behind.substr(0, behind.find(' '));
  const auto blob = FromBase64(base64);
  if (!blob || !IsWhole(*blob, type))
    return {"", "must have its key behind " + type + ", whole and in base64"};
  return {type + " " + base64, ""};
}

}  // namespace ns::cli::form
