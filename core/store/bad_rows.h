// Rows that lists leave out, since they cannot be read: one of them must not stop everybody.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "store/rows.h"

namespace ns::store {

// Whoever works on such a row alone gets the failure; here it is told in the log. [any-thread]
class BadRows {
 public:
  // One line for each row, however often it is met.
  void Tell(std::string_view what, const std::string& id, const Status& why);

 private:
  Guarded<std::set<std::string>> told_;
};

// Each row as `read(row, item)` reads it. One that does not read, a `what` with `id(item)`, is told
// to `left_out`; without that, kInternal names it.
template <class T, class Read, class IdOf>
Result<std::vector<T>> ReadRows(const Rows& rows, BadRows* left_out, std::string_view what,
                                Read&& read, IdOf&& id) {
  std::vector<T> items;
  items.reserve(static_cast<size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    T item;
    read(row, item);
    if (row.status().ok())
      items.push_back(std::move(item));
    else if (left_out)
      left_out->Tell(what, id(item), row.status());
    else
      return row.status().Prefixed("the row of the " + std::string(what) + " " + id(item));
  }
  return items;
}

}  // namespace ns::store
