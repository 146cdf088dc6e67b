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

// The rows that `read(row, item)` reads; `id` of the others is told as of a `what`.
template <class T, class Read, class IdOf>
std::vector<T> ReadReadable(const Rows& rows, BadRows& bad, std::string_view what, Read&& read,
                            IdOf&& id) {
  std::vector<T> items;
  items.reserve(static_cast<size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    T item;
    read(row, item);
    if (row.status().ok())
      items.push_back(std::move(item));
    else
      bad.Tell(what, id(item), row.status());
  }
  return items;
}

}  // namespace ns::store
