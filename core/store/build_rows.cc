#include "store/build_rows.h"

namespace ns::store {

const char kBuildColumns[] =
    "id, application_id, commit_hash, build_key, status, attempt, lease_host, lease_token, "
    "lease_expires, cancel_requested, retriable,"
    " queued_at, started_at, updated_at, finished_at, not_before, image_reference, image_digest, "
    "image_size, image_state, outcome_code, outcome_fault,"
    " outcome_reason, outcome_message";

void ReadBuild(Row& row, model::Build& out) {
  Code code{};
  Fault fault{};
  std::string reason, message;
  row >> out.id >> out.app >> out.commit >> out.build_key >> out.status >> out.attempt >>
      out.lease.host >> out.lease.token >> out.lease.expires >> out.cancel_requested >>
      out.retriable >> out.queued_at >> out.started_at >> out.updated_at >> out.finished_at >>
      out.not_before >> out.image.reference >> out.image.digest >> out.image.size >>
      out.image_state >> code >> fault >> reason >> message;
  out.outcome = Status(code, std::move(reason), std::move(message)).SetFault(fault);
}

Result<std::vector<model::Build>> ReadBuilds(const Rows& rows, BadRows* left_out) {
  return ReadRows<model::Build>(rows, left_out, "build", ReadBuild,
                                [](const model::Build& build) { return build.id.str(); });
}

Result<std::vector<model::Build>> LoadBuilds(Connection& connection, const std::string& rest,
                                             const Params& params, BadRows* left_out) {
  NS_ASSIGN(
      const Rows rows,
      connection.Run(std::string("SELECT ") + kBuildColumns + " FROM builds " + rest, params));
  return ReadBuilds(rows, left_out);
}

}  // namespace ns::store
