#include "store/observation_rows.h"

#include <algorithm>

namespace ns::store {
namespace {

bool IsNews(const std::optional<model::ObservedApp>& before, const model::PhaseMark& mark) {
  if (!before || before->phases.empty()) return true;
  const Time last = std::ranges::max_element(before->phases, {}, &model::PhaseMark::at)->at;
  return mark.at > last ||
         (mark.at == last && std::ranges::find(before->phases, mark) == before->phases.end());
}

model::Event PhaseEvent(const model::ObservedApp& observed, const model::PhaseMark& mark) {
  model::Event event;
  event.subject_id = observed.id.str();
  event.actor = "platform";
  event.kind = "deploy.phase";
  event.reason = mark.phase;
  event.data = "{\"at\":\"" + FormatTime(mark.at) +
               "\",\"generation\":" + std::to_string(observed.fence.generation) + ",\"phase\":\"" +
               mark.phase + "\"}";
  return event;
}

void ReadObservation(Row& row, model::ObservedApp& out) {
  std::vector<std::string> phases;
  std::vector<Time> times;
  row >> out.id >> out.exists >> out.fence.epoch >> out.fence.generation >> out.serving_run_key >>
      out.route_key >> out.container >> out.state >> out.converged >> out.ready >> out.wanted >>
      out.restarts >> out.exit_code >> out.image_digest >> out.reason >> out.message >> phases >>
      times >> out.observed_at;
  for (size_t i = 0; i < std::min(phases.size(), times.size()); ++i)
    out.phases.push_back({phases[i], times[i]});
}

}  // namespace

Result<std::map<AppId, model::ObservedApp>> LoadObservations(Connection& connection,
                                                             const std::vector<AppId>& ids) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT application_id, present, epoch, generation, serving_run_key, "
                           "route_key, container, state, converged, ready, wanted,"
                           " restarts, exit_code, image_digest, reason, message, phases, "
                           "phase_times, observed_at FROM observations WHERE application_id = "
                           "ANY($1::text[])",
                           Params::Of(ids)));
  NS_ASSIGN(auto found, ReadAll<model::ObservedApp>(rows, ReadObservation));
  std::map<AppId, model::ObservedApp> out;
  for (model::ObservedApp& one : found) out[one.id] = std::move(one);
  return out;
}

Result<std::optional<model::ObservedApp>> LoadObservation(Connection& connection, const AppId& id) {
  NS_ASSIGN(auto found, LoadObservations(connection, {id}));
  return found.empty() ? std::nullopt : std::optional(std::move(found.begin()->second));
}

Status PutObservation(Connection& connection, const model::ObservedApp& observed) {
  std::vector<std::string> phases;
  std::vector<Time> times;
  for (const model::PhaseMark& mark : observed.phases) {
    phases.push_back(mark.phase);
    times.push_back(mark.at);
  }
  return connection.Do(
      "INSERT INTO observations (application_id, present, epoch, generation, serving_run_key, "
      "route_key, container, state, converged, ready,"
      " wanted, restarts, exit_code, image_digest, reason, message, phases, phase_times, "
      "observed_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
      "$19)"
      " ON CONFLICT (application_id) DO UPDATE SET present = excluded.present, epoch = "
      "excluded.epoch, generation = excluded.generation,"
      " serving_run_key = excluded.serving_run_key, route_key = excluded.route_key, container = "
      "excluded.container, state = excluded.state,"
      " converged = excluded.converged, ready = excluded.ready, wanted = excluded.wanted, restarts "
      "= excluded.restarts,"
      " exit_code = excluded.exit_code, image_digest = excluded.image_digest, reason = "
      "excluded.reason, message = excluded.message,"
      " phases = excluded.phases, phase_times = excluded.phase_times, observed_at = "
      "excluded.observed_at",
      Params::Of(observed.id, observed.exists, observed.fence.epoch, observed.fence.generation,
                 observed.serving_run_key, observed.route_key, observed.container, observed.state,
                 observed.converged, observed.ready, observed.wanted, observed.restarts,
                 observed.exit_code, observed.image_digest, observed.reason, observed.message,
                 phases, times, observed.observed_at));
}

std::vector<model::Event> PhaseEvents(const std::optional<model::ObservedApp>& before,
                                      const model::ObservedApp& observed) {
  std::vector<model::Event> events;
  for (const model::PhaseMark& mark : observed.phases) {
    if (IsNews(before, mark)) events.push_back(PhaseEvent(observed, mark));
  }
  return events;
}

}  // namespace ns::store
