#include "store/release_rows.h"

#include <algorithm>

#include "store/env_rows.h"

namespace ns::store {
namespace {

constexpr char kSelect[] =
    "SELECT r.id, r.application_id, build_id, r.commit_hash, r.image_reference, r.image_digest, "
    "r.image_size, generation, entrypoint, command, coalesce(image_state, 0) <> 0, created_at"
    " FROM releases AS r LEFT JOIN builds ON builds.id = build_id WHERE ";

Result<std::vector<model::Release>> Load(Connection& connection, const std::string& where,
                                         const Params& params) {
  NS_ASSIGN(const Rows rows, connection.Run(kSelect + where, params));
  return ReadAll<model::Release>(rows, [](Row& row, model::Release& out) {
    row >> out.id >> out.app >> out.build >> out.commit >> out.image.reference >>
        out.image.digest >> out.image.size >> out.generation >> out.entrypoint >> out.command >>
        out.image_gone >> out.created_at;
  });
}

}  // namespace

Result<std::vector<model::Release>> LoadReleases(Connection& connection, const AppId& app,
                                                 int limit) {
  return Load(connection, "r.application_id = $1 ORDER BY r.number DESC LIMIT nullif($2::int, 0)",
              Params::Of(app, limit));
}

Result<std::map<ReleaseId, LoadedRelease>> LoadReleasesOf(Connection& connection,
                                                          const std::vector<ReleaseId>& ids,
                                                          const Sealing& sealing) {
  std::map<ReleaseId, LoadedRelease> out;
  if (ids.empty()) return out;
  NS_ASSIGN(auto found, Load(connection, "r.id = ANY($1::text[])", Params::Of(ids)));
  std::vector<std::string> owners;
  for (const model::Release& release : found) owners.push_back(release.id.str());
  NS_ASSIGN(auto env, LoadEnv(connection, kReleaseEnv, owners, sealing, Opening::kWhatOpens));
  for (model::Release& release : found) {
    LoadedRelease one{std::move(release), {}};
    std::vector<model::EnvVar>& variables = env[one.release.id.str()];
    const auto broken = std::ranges::find(variables, true, &model::EnvVar::seal_broken);
    if (broken == variables.end())
      one.release.env = std::move(variables);
    else
      one.env = DoesNotOpen(broken->key);
    out.emplace(one.release.id, std::move(one));
  }
  return out;
}

Result<std::optional<model::Release>> LoadRelease(Connection& connection, const ReleaseId& id,
                                                  const Sealing& sealing, Status& env) {
  std::optional<model::Release> release;
  if (id.empty()) return release;
  NS_ASSIGN(auto found, LoadReleasesOf(connection, {id}, sealing));
  if (found.empty()) return release;
  env = found.begin()->second.env;
  release = std::move(found.begin()->second.release);
  return release;
}

Status InsertRelease(Connection& connection, const AppId& app, int64_t generation,
                     const model::Release& release, const Sealing& sealing) {
  NS_TRY(connection.Do(
      "INSERT INTO releases (id, application_id, build_id, commit_hash, image_reference, "
      "image_digest, image_size, generation, entrypoint, command)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      Params::Of(release.id, app, release.build, release.commit, release.image.reference,
                 release.image.digest, release.image.size, generation, release.entrypoint,
                 release.command)));
  return PutEnv(connection, kReleaseEnv, release.id.str(), release.env, sealing);
}

}  // namespace ns::store
