// What applications print, wherever they run.
#pragma once

#include <string>
#include <vector>

#include "model/deploy.h"
#include "ports/backend.h"

namespace ns::api {

class Outputs {
 public:
  virtual ~Outputs() = default;
  // Lines of an application on the backend instance `backend`, ascending by time. kUnavailable with
  // a reason while the host that loads the instance is away. Blocks; may be called from any thread.
  virtual Result<std::vector<model::LogLine>> Lines(const ports::Call& call,
                                                    const std::string& backend,
                                                    const ports::LogQuery& query) = 0;
};

}  // namespace ns::api
