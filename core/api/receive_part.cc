#include "api/receive_part.h"

#include "model/received.h"

namespace ns::api {

Result<ports::Received> FindPart(const ports::Store& store, const std::string& whole,
                                 const std::string& part) {
  NS_ASSIGN(ports::Received found, store.received.Find(part));
  if (part == whole) return found;
  NS_ASSIGN(const ports::Received around, store.received.Find(whole));
  NS_ASSIGN(const model::Repository holder, store.repositories.Get(around.repository));
  NS_ASSIGN(const model::Repository held, store.repositories.Get(found.repository));
  if (model::MayHold(holder, held)) return found;
  return Status(Code::kDenied, "SubmoduleDenied",
                "the repository \"" + whole + "\" may not have \"" + part +
                    "\" as a submodule: each of its owners must own that, too")
      .SetFault(Fault::kSource);
}

}  // namespace ns::api
