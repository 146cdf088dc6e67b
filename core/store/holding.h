// Which host's loops may act on an application or a repository.
#pragma once

#include <string>

#include "base/id.h"
#include "model/snapshot.h"
#include "store/pool.h"

namespace ns::store {

// SQL: whether the lease of the host named by `host` (a column, or a parameter) is alive.
std::string AliveSql(const std::string& host);
// SQL: that `parameter` ("$3") names nobody, or the holder of the row, whose lease is alive.
std::string HeldSql(const std::string& parameter);
// kStale with the reason model::kHeldElsewhere.
Status HeldElsewhere();

enum class RowLock { kNone, kWrite };

// HeldElsewhere() unless `holder` is nobody or holds the row of `table`. With kWrite the row stays
// so until the transaction ends. kNotFound.
Status CheckHeld(Connection& connection, const std::string& table, const std::string& id,
                 const HostId& holder, RowLock lock);

// Makes `holder` the holder where nobody alive is and `condition` holds (SQL; `params` begin with
// the id and the holder). Whether it holds the row now is to be asked: another call on its behalf
// may have been faster.
Status TakeFree(Pool& pool, const std::string& table, const std::string& condition,
                const Params& params);

// What `load` gives, a read that begins with CheckHeld; where somebody else is named as holder,
// once more after TakeFree with these. Mostly it is held already, and then nothing is written.
template <class Load>
auto LoadOrTake(Pool& pool, const std::string& table, const std::string& condition,
                const Params& params, Load&& load) -> decltype(load()) {
  auto loaded = load();
  if (loaded.status().reason() != model::kHeldElsewhere) return loaded;
  NS_TRY(TakeFree(pool, table, condition, params));
  return load();
}

}  // namespace ns::store
