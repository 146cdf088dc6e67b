#include "store/key_checks.h"

#include <utility>
#include <vector>

#include "store/pool.h"

namespace ns::store {

Status CompareKeyChecks(const KeyChecks& kept, const KeyChecks& own) {
  for (const auto& [name, value] : own) {
    const auto found = kept.find(name);
    if (found == kept.end() || found->second == value) continue;
    return Status(Code::kPrecondition, "KeyFileWrong",
                  "the key \"" + name +
                      "\" of the key file is another one than this database was made with: with "
                      "it secrets do not open, or everything would be built and deployed anew. "
                      "Restore this installation's own key file from its backup")
        .SetFault(Fault::kOperator);
  }
  return {};
}

Result<KeyChecks> LoadKeyChecks(Pool& pool) {
  NS_ASSIGN(const Rows rows, pool.Run("SELECT name, value FROM key_checks"));
  using Pair = std::pair<std::string, std::string>;
  NS_ASSIGN(const auto pairs,
            ReadAll<Pair>(rows, [](Row& row, Pair& out) { row >> out.first >> out.second; }));
  return KeyChecks(pairs.begin(), pairs.end());
}

Status KeepKeyChecks(Pool& pool, const KeyChecks& own) {
  NS_ASSIGN(const KeyChecks kept, LoadKeyChecks(pool));
  NS_TRY(CompareKeyChecks(kept, own));
  std::vector<std::string> names, values;
  for (const auto& [name, value] : own) {
    if (kept.contains(name)) continue;
    names.push_back(name);
    values.push_back(value);
  }
  if (names.empty()) return {};
  NS_TRY(pool.Run("INSERT INTO key_checks (name, value) SELECT * FROM unnest($1::text[], "
                  "$2::text[]) ON CONFLICT DO NOTHING",
                  Params::Of(names, values))
             .status());
  // Another process may have been first, with a file of its own.
  NS_ASSIGN(const KeyChecks now, LoadKeyChecks(pool));
  return CompareKeyChecks(now, own);
}

}  // namespace ns::store
