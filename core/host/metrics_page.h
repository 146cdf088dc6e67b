// What operators are told of the installation when they ask for /metrics.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "metrics/calls.h"
#include "ports/store.h"
#include "store/pg_store.h"

namespace ns::host {

struct MetricsSources {
  ports::Store store;
  std::function<store::PoolFigures()> pool;
  std::function<size_t()> streams;  // of the API, open
  Clock& clock;
};

// The text of one scrape. While the database does not answer, what it knows is left out and
// neoshowcase_database_up is 0. [any-thread]
std::string MetricsText(const MetricsSources& sources, const metrics::Calls& calls);

// What alive hosts say of themselves. Hosts of the same name and roles are told apart by a number,
// so that a restart makes no new series.
void AddHosts(metrics::Page& page, const std::vector<model::Host>& hosts, Time now);
void AddTotals(metrics::Page& page, const model::Totals& totals,
               const std::vector<model::Host>& hosts);

}  // namespace ns::host
