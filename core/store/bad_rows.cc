#include "store/bad_rows.h"

#include "base/log.h"

namespace ns::store {

constexpr size_t kMostTold =
    10'000;  // then the oldest is not known any more, and all are told anew

void BadRows::Tell(std::string_view what, const std::string& id, const Status& why) {
  const bool first = told_.With([&](auto& told) {
    if (told.size() >= kMostTold) told.clear();
    return told.insert(std::string(what) + " " + id).second;
  });
  if (!first) return;
  log::Error("a row cannot be read and is left out of lists; correct it in the database",
             {{"what", std::string(what)}, {"id", id}, {"why", why.ToString()}});
}

}  // namespace ns::store
