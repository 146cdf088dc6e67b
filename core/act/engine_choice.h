// Which engine runs a plan. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ports/build.h"

namespace ns::act {

// What a plan asks of an engine.
struct EngineNeeds {
  bool buildpack = false;  // else a Dockerfile
  bool exports = false;
  bool secrets = false;
  bool heredoc = false;  // a wish: an engine may know them through the Dockerfile's own syntax line
  friend bool operator==(const EngineNeeds&, const EngineNeeds&) = default;
};

// `dockerfile`: the text of the one that the plan names by path or holds; empty: none is known.
EngineNeeds NeedsOf(const ports::BuildPlan& plan, std::string_view dockerfile);

// The first of `engines`, which are in order of preference, that can do all of `needs`; one that
// knows heredocs before others where they are wished for. Its index. kPrecondition with reason
// "EngineNotLoaded", the operator's fault, when there is none; it says what is missing.
Result<size_t> ChooseEngine(const EngineNeeds& needs,
                            const std::vector<ports::EngineAbilities>& engines);

}  // namespace ns::act
