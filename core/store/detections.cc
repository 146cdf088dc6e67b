#include "store/sub_stores.h"

namespace ns::store {
namespace {

using ports::Detection;
using ports::DetectionAnswer;
using ports::DetectionClaim;
using ports::DetectionId;
using ports::DetectionTask;

constexpr int64_t kNotAsked = -1;  // `fit` of a method that could not be asked

// Columns of detection_findings.
struct FindingColumns {
  std::vector<std::string> methods, settings, artifact_paths, commands, whys, reasons;
  std::vector<int64_t> fits, ports, codes, faults;

  void Add(const ports::MethodSuggestion& one) {
    const ports::Suggestion& said = one.suggestion;
    Put(one.method, said.fit, said, Status());
  }
  void Add(const std::string& method, const Status& failure) {
    ports::Suggestion none;
    none.why = failure.message();
    Put(method, kNotAsked, none, failure);
  }

 private:
  void Put(const std::string& method, int64_t fit, const ports::Suggestion& said,
           const Status& failure) {
    methods.push_back(method);
    fits.push_back(fit);
    settings.push_back(said.settings);
    artifact_paths.push_back(said.artifact_path);
    commands.push_back(said.command);
    ports.push_back(said.port);
    whys.push_back(said.why);
    codes.push_back(static_cast<int64_t>(failure.code()));
    faults.push_back(static_cast<int64_t>(failure.fault()));
    reasons.push_back(failure.reason());
  }
};

Status InsertFindings(Connection& connection, const DetectionId& id, const Detection& found) {
  FindingColumns columns;
  for (const auto& one : found.fits) columns.Add(one);
  for (const auto& one : found.misfits) columns.Add(one);
  for (const auto& [method, failure] : found.failed) columns.Add(method, failure);
  return connection.Do(
      "INSERT INTO detection_findings (detection_id, place, method, fit, settings, artifact_path, "
      "command, port, why, code, fault, reason) SELECT $1, place, method, fit, settings, path, "
      "command, port, why, code, fault, reason FROM unnest($2::text[], $3::integer[], $4::text[], "
      "$5::text[], $6::text[], $7::integer[], $8::text[], $9::smallint[], $10::smallint[], "
      "$11::text[]) WITH ORDINALITY AS given (method, fit, settings, path, command, port, why, "
      "code, fault, reason, place)",
      Params::Of(id, columns.methods, columns.fits, columns.settings, columns.artifact_paths,
                 columns.commands, columns.ports, columns.whys, columns.codes, columns.faults,
                 columns.reasons));
}

Result<Detection> LoadFindings(Connection& connection, const DetectionId& id) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT method, fit, settings, artifact_path, command, port, why, code, "
                           "fault, reason FROM detection_findings WHERE detection_id = $1 ORDER BY "
                           "place",
                           Params::Of(id)));
  Detection found;
  for (int i = 0; i < rows.size(); ++i) {
    ports::MethodSuggestion one;
    ports::Suggestion& said = one.suggestion;
    Code code{};
    Fault fault{};
    std::string reason;
    Row row = rows[i];
    row >> one.method >> said.fit >> said.settings >> said.artifact_path >> said.command >>
        said.port >> said.why >> code >> fault >> reason;
    NS_TRY(row.status());
    if (said.fit == kNotAsked) {
      found.failed.emplace(one.method, Status(code, reason, said.why).SetFault(fault));
    } else {
      (said.fit > 0 ? found.fits : found.misfits).push_back(std::move(one));
    }
  }
  return found;
}

class PgDetections final : public ports::DetectionStore {
 public:
  PgDetections(Pool& pool, Random& random) : pool_(pool), random_(random) {}

  Result<DetectionId> Ask(const RepositoryId& repository, const std::string& commit) override {
    DetectionId id = DetectionId::New(random_);
    const Status asked = pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(connection.Do("DELETE FROM detections WHERE asked_at < now() - $1::interval",
                           Params::Of(ports::kDetectionKept)));
      NS_ASSIGN(const Rows same,
                connection.Run("SELECT id FROM detections WHERE repository_id = $1 AND commit_hash "
                               "= $2 AND asked_at > now() - $3::interval AND outcome_code = 0 "
                               "ORDER BY asked_at DESC LIMIT 1",
                               Params::Of(repository, commit, ports::kDetectionShared)));
      if (!same.empty()) {
        Row row = same[0];
        row >> id;
        return row.status();
      }
      NS_ASSIGN(const Rows made,
                connection.Run("INSERT INTO detections (id, repository_id, commit_hash) SELECT $1, "
                               "$2, $3 WHERE EXISTS (SELECT 1 FROM repositories WHERE id = $2 FOR "
                               "KEY SHARE)",
                               Params::Of(id, repository, commit)));
      return made.touched() > 0 ? Status() : NoSuch("repository", repository.str());
    });
    if (!asked.ok()) return asked;
    return id;
  }

  Result<std::optional<DetectionTask>> Take(const HostId& host, Duration lease) override {
    const std::string token = NewIdText(random_);
    NS_ASSIGN(
        const Rows rows,
        pool_.Run(
            "UPDATE detections SET lease_host = $1, lease_token = $2, lease_expires = now() + "
            "$3::interval WHERE id = (SELECT id FROM detections WHERE answered_at IS NULL AND "
            "asked_at > now() - $4::interval AND (lease_host IN ('', $1) OR lease_expires <= now() "
            "OR NOT EXISTS (SELECT 1 FROM hosts WHERE hosts.id = lease_host AND "
            "hosts.lease_expires > now())) ORDER BY lease_host = $1 DESC, asked_at, id LIMIT 1 FOR "
            "UPDATE SKIP LOCKED) RETURNING id, repository_id, commit_hash",
            Params::Of(host, token, lease, ports::kDetectionOpen)));
    if (rows.empty()) return std::optional<DetectionTask>();
    DetectionTask task;
    task.claim.token = token;
    Row row = rows[0];
    row >> task.claim.id >> task.repository >> task.commit;
    NS_TRY(row.status());
    return std::optional(std::move(task));
  }

  Status Answer(const DetectionClaim& claim, const DetectionAnswer& answer) override {
    return pool_.Write([&](Connection& connection) -> Status {
      const Status& failure = answer.failure;
      NS_ASSIGN(const Rows rows,
                connection.Run("UPDATE detections SET answered_at = now(), outcome_code = $3, "
                               "outcome_fault = $4, outcome_reason = $5, outcome_message = $6 "
                               "WHERE id = $1 AND lease_token = $2 AND answered_at IS NULL",
                               Params::Of(claim.id, claim.token, failure.code(), failure.fault(),
                                          failure.reason(), failure.message())));
      if (!rows.touched()) return Stale("the question is somebody else's, or answered already");
      return failure.ok() ? InsertFindings(connection, claim.id, answer.found) : Status();
    });
  }

  Result<std::optional<DetectionAnswer>> Read(const DetectionId& id) override {
    return pool_.Read([&](Connection& connection) -> Result<std::optional<DetectionAnswer>> {
      NS_ASSIGN(const Rows rows,
                connection.Run("SELECT answered_at IS NOT NULL, outcome_code, outcome_fault, "
                               "outcome_reason, outcome_message FROM detections WHERE id = $1",
                               Params::Of(id)));
      if (rows.empty()) return NoSuch("question", id.str());
      bool answered = false;
      Code code{};
      Fault fault{};
      std::string reason, message;
      Row row = rows[0];
      row >> answered >> code >> fault >> reason >> message;
      NS_TRY(row.status());
      if (!answered) return std::optional<DetectionAnswer>();
      DetectionAnswer answer;
      if (code != Code::kOk) {
        answer.failure = Status(code, reason, message).SetFault(fault);
      } else {
        NS_ASSIGN(answer.found, LoadFindings(connection, id));
      }
      return std::optional(std::move(answer));
    });
  }

 private:
  Pool& pool_;
  Random& random_;
};

}  // namespace

std::unique_ptr<ports::DetectionStore> NewPgDetections(Pool& pool, Random& random) {
  return std::make_unique<PgDetections>(pool, random);
}

}  // namespace ns::store
