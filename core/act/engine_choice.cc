#include "act/engine_choice.h"

#include <string>

namespace ns::act {
namespace {

bool Fits(const EngineNeeds& needs, const ports::EngineAbilities& can) {
  return (needs.buildpack ? can.buildpack : can.dockerfile) && (can.exports || !needs.exports) &&
         (can.secrets || !needs.secrets);
}

std::string InWords(const EngineNeeds& needs) {
  std::string words = needs.buildpack ? "runs buildpacks" : "builds Dockerfiles";
  if (needs.exports) words += needs.secrets ? ", exports a folder" : " and exports a folder";
  if (needs.secrets) words += " and takes build variables as secrets";
  return words;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// "RUN <<EOF", "COPY <<-"end" /x": a word that begins with two of them, in an instruction that may
// take one.
bool BeginsHeredoc(std::string_view line) {
  while (!line.empty() && IsSpace(line.front())) line.remove_prefix(1);
  std::string instruction;
  for (const char c : line.substr(0, line.find_first_of(" \t")))
    instruction += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (instruction != "RUN" && instruction != "COPY" && instruction != "ADD") return false;
  for (size_t at = line.find("<<"); at != std::string_view::npos; at = line.find("<<", at + 2)) {
    if (!IsSpace(line[at - 1])) continue;
    std::string_view word = line.substr(at + 2);
    if (word.starts_with('-')) word.remove_prefix(1);
    if (word.starts_with('"') || word.starts_with('\'')) word.remove_prefix(1);
    const char first = word.empty() ? ' ' : word.front();
    if ((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z') || first == '_')
      return true;
  }
  return false;
}

bool HasHeredoc(std::string_view dockerfile) {
  while (!dockerfile.empty()) {
    const size_t end = std::min(dockerfile.find('\n'), dockerfile.size());
    if (BeginsHeredoc(dockerfile.substr(0, end))) return true;
    dockerfile.remove_prefix(std::min(end + 1, dockerfile.size()));
  }
  return false;
}

}  // namespace

EngineNeeds NeedsOf(const ports::BuildPlan& plan, std::string_view dockerfile) {
  EngineNeeds needs;
  needs.buildpack = !plan.builder.empty();
  needs.exports = !plan.export_path.empty();
  needs.secrets = !plan.secrets.empty();
  needs.heredoc = !needs.buildpack && HasHeredoc(dockerfile);
  return needs;
}

Result<size_t> ChooseEngine(const EngineNeeds& needs,
                            const std::vector<ports::EngineAbilities>& engines) {
  std::optional<size_t> fits;
  for (size_t i = 0; i < engines.size(); ++i) {
    if (!Fits(needs, engines[i])) continue;
    if (!needs.heredoc || engines[i].heredoc) return i;
    if (!fits) fits = i;
  }
  if (fits) return *fits;
  return Status(Code::kPrecondition, "EngineNotLoaded",
                "no engine that " + InWords(needs) +
                    " is loaded on this builder; name one under `engines` in its configuration")
      .SetFault(Fault::kOperator);
}

}  // namespace ns::act
