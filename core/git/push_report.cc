#include "git/push_report.h"

#include <algorithm>

#include "git/entry_name.h"

namespace ns::git {
namespace {

constexpr size_t kMostSaid = 8 << 10;
constexpr char kReport = 1, kSaid = 2;  // bands

Status Refusal(Code code, const char* reason, const std::string& message) {
  return Status(code, reason, message).SetFault(Fault::kSource);
}

}  // namespace

void PushReport::Feed(std::string_view bytes, bool side_band) {
  if (!side_band) {
    begun_ = true;
    lines_.Feed(bytes);
    return TakeLines();
  }
  outer_.Feed(bytes);
  for (;;) {
    const auto packet = outer_.Next();
    if (!packet.ok() || !*packet) return;  // what is no packet is the client's to judge
    const std::string& text = (*packet)->text;
    if (text.empty()) continue;
    if (text[0] == kSaid) Complain(std::string_view(text).substr(1));
    if (text[0] != kReport) continue;
    begun_ = true;
    lines_.Feed(std::string_view(text).substr(1));
    TakeLines();
  }
}

void PushReport::Complain(std::string_view text) {
  said_ += text.substr(0, kMostSaid - std::min(kMostSaid, said_.size()));
}

void PushReport::TakeLines() {
  for (;;) {
    const auto packet = lines_.Next();
    if (!packet.ok() || !*packet) return;
    TakeLine((*packet)->text);
  }
}

void PushReport::TakeLine(std::string_view line) {
  while (line.ends_with('\n')) line.remove_suffix(1);
  if (line.starts_with("unpack ") && line != "unpack ok") unpack_ = line.substr(7);
  if (line.starts_with("ok ")) ++taken_;
  if (line.starts_with("ng ") && first_.empty()) first_ = line.substr(3);
}

// Git has words for what is wrong with a pack, and no codes.
Status PushReport::Refused() const {
  if (!unpack_.empty()) {
    const auto says = [&](const char* words) { return said_.find(words) != std::string::npos; };
    if (says("exceeds maximum allowed size"))
      return Refusal(Code::kExhausted, "PushTooLarge", "the push is too large");
    if (says("fsck error"))
      return Refusal(Code::kInvalid, "ObjectsRefused", "an object is broken: " + Shown(said_));
    return Refusal(Code::kInvalid, "PackRefused", "the pack is broken: " + Shown(unpack_));
  }
  if (first_.empty()) return {};
  return Refusal(Code::kPrecondition, "RefRefused", Shown(first_));
}

}  // namespace ns::git
