#include "git/push_commands.h"

#include <algorithm>

namespace ns::git {
namespace {

constexpr size_t kOverhead = 4 + 40 + 1 + 40 + 1;  // of one command, before its ref
constexpr size_t kLongestRef = 1024;
constexpr size_t kMostToldOf = 100;  // refs, in a refusal

Status NoLines() { return Invalid("the body is no request of Git"); }

}  // namespace

Status PushCommands::Feed(std::string_view bytes) {
  if (complete_) return {};
  packets_.Feed(bytes);
  while (!complete_) {
    const auto packet = packets_.Next();
    if (!packet.ok()) return NoLines();
    if (!*packet) return {};
    complete_ = (*packet)->flush;
    if (!complete_) NS_TRY(TakeLine((*packet)->text));
  }
  packets_ = {};
  return {};
}

// "OLD NEW REF", with capabilities behind a NUL in the first; "shallow" stays Git's. A signed push
// is refused: Git would take refs from its certificate, which is not read here.
Status PushCommands::TakeLine(std::string_view line) {
  const size_t nul = line.find('\0');
  if (nul != std::string_view::npos) {
    side_band_ = side_band_ || line.substr(nul).find("side-band-64k") != std::string_view::npos;
    line = line.substr(0, nul);
  }
  while (line.ends_with('\n')) line.remove_suffix(1);
  if (line.starts_with("shallow ")) return {};
  if (line == "push-cert")
    return Invalid("signed pushes are not taken here: push without --signed");
  if (line.size() < kOverhead - 4) return NoLines();
  std::string_view ref = line.substr(kOverhead - 4);
  if (ref.size() > kLongestRef)
    return Invalid("a ref has a name of more than " + std::to_string(kLongestRef) + " bytes");
  refs_.emplace_back(ref);
  if (line.starts_with("0000000000000000000000000000000000000000 ")) ++created_;
  if (refs_.size() <= most_) return {};
  return Status(Code::kExhausted, "TooManyRefs",
                "one push may change at most " + std::to_string(most_) + " refs");
}

std::string PushCommands::Refusal(const std::string& why) const {
  std::string report = PacketLine("unpack " + why + "\n");
  for (size_t i = 0; i < std::min(refs_.size(), kMostToldOf); ++i)
    report += PacketLine("ng " + refs_[i] + " refused\n");
  report += "0000";
  if (!side_band_) return report;
  std::string out = PacketLine("\x02" + why + "\n");
  constexpr size_t kPiece = 60'000;
  for (size_t at = 0; at < report.size(); at += kPiece)
    out += PacketLine("\x01" + report.substr(at, kPiece));
  return out + "0000";
}

}  // namespace ns::git
