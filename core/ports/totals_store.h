// What there is, counted for operators.
#pragma once

#include "base/status.h"
#include "model/totals.h"

namespace ns::ports {

// [any-thread]
class TotalsStore {
 public:
  virtual ~TotalsStore() = default;
  virtual Result<model::Totals> Count() = 0;
};

}  // namespace ns::ports
