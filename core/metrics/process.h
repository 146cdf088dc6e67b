// What every Prometheus client tells of its process, from /proc.
#pragma once

#include "metrics/page.h"

namespace ns::metrics {

// What cannot be read is left out. Names: prometheus.io/docs/instrumenting/writing_clientlibs.
void AddProcess(Page& page);

}  // namespace ns::metrics
