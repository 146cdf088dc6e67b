// Inside of this folder: what a page holds.
#pragma once

#include <vector>

#include "metrics/page.h"
#include "prometheus/metric_family.h"

namespace ns::metrics {

struct Page::Families {
  std::vector<prometheus::MetricFamily> all;
};

}  // namespace ns::metrics
