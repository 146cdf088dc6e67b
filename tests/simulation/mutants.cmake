# The planted bugs: what each is and where, as edits of sources that only the build NS_MUTANTS sees.
# docs/design/simulation.md says how they were chosen and why some survive.
#
# ns_mutant(NAME OPERATOR SAYS BREAKS [FILE FIND PLANT]...)
#   FIND stands once in FILE. PLANT replaces it; MUTANT in it is true while this one is chosen.
#   BREAKS: the invariants that it has been seen to break; "rarely": not within the first hundred
#     seeds, so that it is not among those that the gate picks from; "-": it survives.

# -- core/plan --
ns_mutant(builds.no-attempt-limit guard "attempts without end" I19
  core/plan/builds.cc [[attempt < model::kMaxAttempts]] [[(attempt < model::kMaxAttempts || MUTANT)]])
ns_mutant(builds.duplicates compare-and-set "the same source is registered again" I3
  core/plan/builds.cc [[if (!counted) {]] [[if (!counted || MUTANT) {]]
  core/ports/testing/fake_builds.cc [[if (!goes && model::CountsAsDuplicate]] [[if (!MUTANT && !goes && model::CountsAsDuplicate]])
ns_mutant(builds.retries-the-source retry "a build that cannot succeed is tried again" I19
  core/plan/builds.cc [[} else if (MayPass(failure) &&]] [[} else if ((MayPass(failure) || MUTANT) &&]])
ns_mutant(crash-detector.never guard "leases never expire" I21
  core/plan/builds.cc [[if (build.lease.expires >= queue.now)]] [[if (build.lease.expires >= queue.now || MUTANT)]])
ns_mutant(crash-detector.early deadline "leases end some seconds early, for the store too" I5
  core/reconcile/crash_detector.cc [[const auto& queue = std::get<model::QueueSnapshot>(*outcome);]]
  [[auto queue = std::get<model::QueueSnapshot>(*outcome); if (MUTANT) queue.now += std::chrono::seconds(8);]]
  core/ports/testing/fake_builds.cc [[const bool expired = build &&]]
  [[const bool expired = MUTANT ? build && build->attempt == attempt && build->status == BuildStatus::kBuilding : build &&]])
ns_mutant(starter.no-slots guard "builders have room without end" I20
  core/plan/assign.cc [[if (one->first >= 0) break;]] [[if (one->first >= 0 && !MUTANT) break;]])
ns_mutant(starter.one-slot-less deadline "a builder is full one build too early" "I22 rarely"
  core/plan/assign.cc [[builders[i].running - builders[i].slots, i]] [[builders[i].running - builders[i].slots + (MUTANT && builders[i].running > 0 ? 1 : 0), i]])
ns_mutant(starter.same-app guard "two builds of one application at once" I20
  core/plan/assign.cc [[return !busy_.contains(app);]] [[return !busy_.contains(app) || MUTANT;]])
ns_mutant(starter.served-last-first guard "who was served last is served again" I18
  core/plan/assign.cc [[heap_.push({{owner.running, owner.served,]] [[heap_.push({{owner.running, MUTANT ? Time{} - (owner.served - Time{}) : owner.served,]])
ns_mutant(starter.no-wait deadline "another attempt begins before its wait is over" I19
  core/plan/assign.cc [[if (build.not_before <= queue.now) owners_]] [[if (build.not_before <= queue.now || MUTANT) owners_]])
ns_mutant(releaser.any-build guard "builds of other sources are released" I23
  core/plan/deploy.cc [[build.build_key == wanted &&]] [[(build.build_key == wanted || MUTANT) &&]])
ns_mutant(releaser.stop-ignored guard "what is stopped runs" I9
  core/plan/deploy.cc [[app.desired == DesiredState::kRunning && release]] [[(app.desired == DesiredState::kRunning || MUTANT) && release]])
ns_mutant(releaser.env-of-all-scopes guard "containers see variables of builds" I23
  core/plan/deploy.cc [[return v.InRun(); }]] [[return v.InRun() || MUTANT; }]])
ns_mutant(converged.any-routes guard "other routes pass for the right ones" I23
  core/plan/deploy.cc [[if (observed.route_key != desired.route_key) return false;]] [[if (observed.route_key != desired.route_key && !MUTANT) return false;]])
ns_mutant(keys.build-without-env field "variables are no part of the build key" I23
  core/plan/keys.cc [[if (variable.InBuild())]] [[if (variable.InBuild() && !MUTANT)]])
ns_mutant(keys.run-without-env field "variables are no part of the run key" I23
  core/plan/keys.cc [[hasher.Add("env").Add]] [[if (!MUTANT) hasher.Add("env").Add]])
ns_mutant(keys.run-without-restarts field "a restart changes no key" I23
  core/plan/keys.cc [[.Add(app.restart_nonce)]] [[.Add(MUTANT ? 0 : app.restart_nonce)]])
ns_mutant(keys.route-without-addresses field "addresses are no part of the route key" I23
  core/plan/keys.cc [[for (const model::Website& route : routes) {]] [[for (const model::Website& route : routes) { if (MUTANT) break;]])
ns_mutant(fetcher.first-commit-only write "a ref moves once" I21
  core/plan/fetch.cc [[if (commit != follower.commit)]]
  [[if (commit != follower.commit && !(MUTANT && !follower.commit.empty() && follower.commit != model::kNoCommit))]])

# -- core/reconcile --
ns_mutant(engine.no-resync resync "nothing is listed" I21
  core/reconcile/engine.cc [[if (now >= lane.next_list && !lane.listing) {]] [[if (now >= lane.next_list && !lane.listing && !MUTANT) {]])
ns_mutant(engine.settled-though-dirty guard "a wake during a pass is forgotten" -
  core/reconcile/engine.cc [[if (finished.settled && !state.dirty)]] [[if (finished.settled && (!state.dirty || MUTANT))]]
  core/reconcile/engine.cc [[if (state.changed || (state.dirty && state.failures == 0))]] [[if (!MUTANT && (state.changed || (state.dirty && state.failures == 0)))]])
ns_mutant(engine.settled-for-good guard "a settled key is never looked at again" I21
  core/reconcile/engine.cc [[one.version != 0 && settled->second == one.version;]] [[(MUTANT || (one.version != 0 && settled->second == one.version));]])
ns_mutant(engine.no-retry retry "what failed is not tried again" "I19 I21"
  core/reconcile/engine.cc [[Schedule(lane, key, now + wait + Jitter(wait / 5));]] [[if (!MUTANT) Schedule(lane, key, now + wait + Jitter(wait / 5));]])
ns_mutant(engine.list-once unlock "a list that failed is under way for good" I21
  core/reconcile/engine.cc [[lane.listing = false;]] [[lane.listing = MUTANT && !outcome.ok();]])
ns_mutant(engine.keeps-group unlock "a pass keeps its place among those of one remote" I21
  core/reconcile/engine.cc [[if (--lane.in_group[group] == 0)]] [[if (MUTANT) return; if (--lane.in_group[group] == 0)]])
ns_mutant(engine.host-clock clock "chance by the machine's clock" I24
  core/reconcile/engine.cc [[return Duration(static_cast<int64_t>(
      random_]] [[return Duration((MUTANT ? std::chrono::steady_clock::now().time_since_epoch().count() % std::max<int64_t>(span.count(), 1) : 0) + static_cast<int64_t>(
      random_]])
ns_mutant(synchronizer.removal-fence deadline "a removal has the fence of the last deploy" I10
  core/reconcile/synchronizer.cc [[desired_.fence = {options_.epoch, kAboveEveryDeploy};]] [[desired_.fence = {options_.epoch, MUTANT ? snapshot_.app.target.generation : kAboveEveryDeploy};]])
ns_mutant(synchronizer.removal-epoch fence "a removal has the epoch that its host began with" -
  core/reconcile/synchronizer.cc [[if (snapshot_.app.deleted && !asked_why_) return UseEpoch();]] [[if (snapshot_.app.deleted && !asked_why_) return MUTANT ? Act() : UseEpoch();]])
ns_mutant(synchronizer.target-fits guard "what the target does not name is deployed" "I23 rarely"
  core/reconcile/synchronizer.cc [[if (!plan::TargetFits]] [[if (!MUTANT && !plan::TargetFits]])
ns_mutant(synchronizer.history guard "a restored database is not noticed" "I9 I21"
  core/reconcile/synchronizer.cc [[if (observed_.fence <= desired_.fence)]] [[if (observed_.fence <= desired_.fence || MUTANT)]])
ns_mutant(synchronizer.moved-on guard "a target that moved on passes for a restored database" I7
  core/reconcile/synchronizer.cc [[if (now.target.generation != snapshot_.app.target.generation ||
        now.deleted != snapshot_.app.deleted) {]] [[if (!MUTANT && (now.target.generation != snapshot_.app.target.generation ||
        now.deleted != snapshot_.app.deleted)) {]])
ns_mutant(synchronizer.epoch-unwritten write "the new epoch is used and not written" I6
  core/reconcile/synchronizer.cc [[epoch_ = observed_.fence.epoch + 1;]] [[epoch_ = observed_.fence.epoch + 1; if (MUTANT) return UseEpoch();]])
ns_mutant(synchronizer.always-apply guard "what is so already is applied" I19
  core/reconcile/synchronizer.cc [[if (plan::Converged(desired_, observed_)) return]] [[if (!MUTANT && plan::Converged(desired_, observed_)) return]])
ns_mutant(synchronizer.removal-swallowed swallow "a removal that failed is confirmed" I10
  core/reconcile/synchronizer.cc [[if (!removed.ok()) return Failed(removed);]] [[if (!removed.ok() && !MUTANT) return Failed(removed);]])
ns_mutant(observer.never-wakes resync "what has drifted is not put right" I21
  core/reconcile/observer.cc [[return Done({{LoopId::kSynchronizer, id_.str(), Urgency::kHint}});]]
  [[if (MUTANT) return Done(); return Done({{LoopId::kSynchronizer, id_.str(), Urgency::kHint}});]])
ns_mutant(claims.lost-is-ignored guard "a lost claim does not stop its build" I19
  core/reconcile/claims.cc [[(lost && !held.lost)]] [[(lost && !held.lost && !MUTANT)]])
ns_mutant(claims.trusts-the-list guard "a claim that was not renewed is run" I4
  core/reconcile/claims.cc [[if (!renewal.ok() && !cancel) return;]] [[if (!renewal.ok() && !cancel && !MUTANT) return;]])
ns_mutant(claims.late-deadline deadline "a lease is counted from its answer on, and twice" "I6 rarely"
  core/reconcile/claims.cc [[if (renewal.ok() || cancel) held.until = asked_at_ + ports::kBuildLease;]]
  [[if (renewal.ok() || cancel) held.until = MUTANT ? now_ + 2 * ports::kBuildLease : asked_at_ + ports::kBuildLease;]])
ns_mutant(lease-guard.never fence "a builder goes on after its lease" "I6 rarely"
  core/reconcile/lease_guard.cc [[if (held.lost) continue;]] [[if (held.lost || MUTANT) continue;]])
ns_mutant(attempt.settle-once retry "a result is sent once" I19
  core/reconcile/attempt.cc [[if (MayPass(settled.code()))]] [[if (!MUTANT && MayPass(settled.code()))]])
ns_mutant(attempt.own-doing-is-final swallow "a build that its builder gave up has been cancelled" "I21 rarely"
  core/reconcile/attempt.cc [[} else if (own_doing && held.lost) {]] [[} else if (own_doing && held.lost && !MUTANT) {]])
ns_mutant(cleaner.live-builds guard "purges beside a live build" I10
  core/reconcile/cleaner.cc [[if (plan::AnyLive(history_.builds))]] [[if (!MUTANT && plan::AnyLive(history_.builds))]])
ns_mutant(cleaner.images-stay write "images of a tombstone stay" I10
  core/reconcile/cleaner.cc [[at_ = At::kDeleteAll;]] [[if (MUTANT) return Purge(); at_ = At::kDeleteAll;]])
ns_mutant(cleaner.condemns-in-use guard "the image of what runs or is pinned goes, for the store too" "I11 rarely"
  core/plan/cleanup.cc [[if (in_use || needed.contains(release.build)]] [[if ((in_use && !MUTANT) || needed.contains(release.build)]]
  core/ports/testing/fake_retention.cc [[build->image_state == ImageState::kKept && !needed.contains(build->id)]] [[build->image_state == ImageState::kKept && (MUTANT || !needed.contains(build->id))]])
ns_mutant(cleaner.empty-list empty-list "no build to delete means all" I11
  core/reconcile/cleaner.cc [[if (condemned_.empty()) return DropOldLogs();]] [[if (condemned_.empty() && !MUTANT) return DropOldLogs();]]
  core/reconcile/cleaner.cc [[if (cleanup.Empty() && plan::Condemned(history_).empty())]] [[if (cleanup.Empty() && plan::Condemned(history_).empty() && !MUTANT)]])

# -- core/act --
ns_mutant(perform.lease fence "a host acts after its lease" I6
  core/act/perform.cc [[if (parts_.lease_alive()) return {};]] [[if (parts_.lease_alive() || MUTANT) return {};]])
ns_mutant(seen.version-only resync "what backends show is looked at where rows change" "I21 rarely"
  core/plan/seen.cc [[  Sum sum;]] [[  if (MUTANT) return version; Sum sum;]])
ns_mutant(perform.host-clock clock "the queue by the host's clock" "I19 I21"
  core/act/perform.cc [[{ return From(store_.builds.Queue()); }]]
  [[{ auto queue = store_.builds.Queue(); if (queue.ok() && MUTANT) queue->now = parts_.clock.Now(); return From(std::move(queue)); }]])
ns_mutant(desk.env-of-all-scopes guard "builds see variables of run scope" I17
  core/act/store_desk.cc [[if (variable.InBuild())]] [[if (variable.InBuild() || MUTANT)]])
ns_mutant(desk.not-superseded guard "a build has the settings of now under the key of before" I23
  core/act/store_desk.cc [[if (app.deleted || plan::BuildKey(keys_.build, app, build.commit) != build.build_key) {]]
  [[if (!MUTANT && (app.deleted || plan::BuildKey(keys_.build, app, build.commit) != build.build_key)) {]])
ns_mutant(desk.any-image guard "a builder may name an image of another" "I8 rarely"
  core/act/store_desk.cc [[if (result.status == model::BuildStatus::kSucceeded)]] [[if (result.status == model::BuildStatus::kSucceeded && !MUTANT)]])

# -- the store: the fake stands for PgStore, which passes the same contract --
ns_mutant(store.claim-any compare-and-set "what is not queued is claimed" I4
  core/ports/testing/fake_builds.cc [[if (!build || build->status != BuildStatus::kQueued) continue;
            const]] [[if (!build || (build->status != BuildStatus::kQueued && !MUTANT)) continue;
            const]])
ns_mutant(store.settle-any compare-and-set "a result of a lost attempt is taken" "I1 I2 I4"
  core/ports/testing/fake_builds.cc [[model::Build* build = Held(rows, id, token);
      if (!build) return Stale("the lease of the build is lost");
      const BuildChange]] [[model::Build* build = MUTANT ? rows.FindBuild(id) : Held(rows, id, token);
      if (!build) return Stale("the lease of the build is lost");
      const BuildChange]])
ns_mutant(store.renew-any compare-and-set "a lost claim is renewed" I4
  core/ports/testing/fake_builds.cc [[model::Build* build = Held(rows, id, token);
      if (!build) return Stale("the lease of the build is lost");
      build->lease]] [[model::Build* build = MUTANT ? rows.FindBuild(id) : Held(rows, id, token);
      if (!build) return Stale("the lease of the build is lost");
      build->lease]])
ns_mutant(store.token-stays fence "all attempts of a build have one token" I4
  core/ports/testing/fake_builds.cc [["token-" + std::to_string(++rows.last_number)]] [["token-" + (MUTANT ? build->id.str() : std::to_string(++rows.last_number))]])
ns_mutant(store.expire-alive compare-and-set "a lease that was renewed meanwhile expires" "I5 rarely"
  core/ports/testing/fake_builds.cc [[build->lease.expires <= now;]] [[(build->lease.expires <= now || MUTANT);]])
ns_mutant(store.expire-ended compare-and-set "a build that has ended meanwhile expires" "I1 rarely"
  core/ports/testing/fake_builds.cc [[build && build->status == BuildStatus::kBuilding &&
                           build->attempt]] [[build && (build->status == BuildStatus::kBuilding || MUTANT) &&
                           build->attempt]])
ns_mutant(store.supersede-any compare-and-set "a build that began meanwhile is put aside" I2
  core/ports/testing/fake_builds.cc [[if (!build || build->status != BuildStatus::kQueued) return;]] [[if (!build || (build->status != BuildStatus::kQueued && !MUTANT)) return;]])
ns_mutant(store.cancel-ended guard "a build that has ended is cancelled" "I1 I4"
  core/ports/testing/fake_builds.cc [[if (model::IsTerminal(build->status))
        return Status(Code::kPrecondition]] [[if (model::IsTerminal(build->status) && !MUTANT)
        return Status(Code::kPrecondition]]
  core/ports/testing/fake_builds.cc [[if (build->status == BuildStatus::kQueued) {
        build->outcome]] [[if (build->status == BuildStatus::kQueued || MUTANT) {
        build->outcome]])
ns_mutant(store.builds-unseen write "a build's change does not change its application's version" "I21 I23"
  core/ports/testing/fake_rows.cc [[if (FakeApp* row = FindApp(app)) row->Changed(now);]] [[if (FakeApp* row = FindApp(app); row && !MUTANT) row->Changed(now);]])
ns_mutant(store.edits-unseen write "an edit does not change the version" "I21 rarely"
  core/ports/testing/fake_apps.cc [[  row.Changed(now);
}]] [[  if (!MUTANT) row.Changed(now);
}]])
ns_mutant(store.target-unguarded compare-and-set "a target of a host that has lost the application is set" I7
  core/ports/testing/fake_deploys.cc [[NS_TRY(rows.CheckHeld(row->holder, holder, now));
      if (Condemned]] [[if (!MUTANT) NS_TRY(rows.CheckHeld(row->holder, holder, now));
      if (Condemned]]
  core/ports/testing/fake_deploys.cc [[if (row->app.target.generation != expected_generation)]] [[if (row->app.target.generation != expected_generation && !MUTANT)]])
ns_mutant(store.generation-stays deadline "a new target has the generation of the last" I7
  core/ports/testing/fake_deploys.cc [[row->app.target.generation = expected_generation + 1;]] [[row->app.target.generation = MUTANT ? std::max<int64_t>(expected_generation, 1) : expected_generation + 1;]])
ns_mutant(store.take-alive compare-and-set "an application is taken from a host that is alive" I19
  core/ports/testing/fake_rows.cc [[&& !Alive(row.holder, now)) {]] [[&& (!Alive(row.holder, now) || MUTANT)) {]])
ns_mutant(store.two-owners guard "an address has two owners" I13
  core/ports/testing/fake_apps.cc [[NS_TRY(CheckUnique(app, others));]] [[if (!MUTANT) NS_TRY(CheckUnique(app, others));]])
ns_mutant(store.edit-swallowed swallow "an edit of a tombstone is acknowledged" I15
  core/ports/testing/fake_apps.cc [[if (!row) return NoSuch("application", id.str());
      const AppChange told]] [[if (!row && MUTANT) return {};
      if (!row) return NoSuch("application", id.str());
      const AppChange told]])

# -- the rollout of the SDK --
ns_mutant(rollout.superseded fence "a rollout goes on under a newer one" "I6 rarely"
  plugin-api/include/ns/sdk/rollout.h [[if (seen.newest > goal_.fence)]] [[if (seen.newest > goal_.fence && !MUTANT)]])
ns_mutant(rollout.clear-first swap "the old one goes before the new one is ready" I12
  plugin-api/include/ns/sdk/rollout.h [[if (auto step = MakeReady(seen, split, now)) return *step;]]
  [[if (auto step = MUTANT ? ClearAway(split.rest, now) : std::nullopt) return *step;
    if (auto step = MakeReady(seen, split, now)) return *step;]])
ns_mutant(rollout.no-probe guard "routes lead to what is not ready" I12
  plugin-api/include/ns/sdk/rollout.h [[if (ready_.contains(replica.id)) continue;]] [[if (ready_.contains(replica.id) || MUTANT) continue;]])
ns_mutant(rollout.no-confirm guard "a switch is not confirmed" I12
  plugin-api/include/ns/sdk/rollout.h [[if (confirmed_) return std::nullopt;]] [[if (confirmed_ || MUTANT) return std::nullopt;]])
ns_mutant(rollout.unknown-routes guard "stops what unknown routes may lead to" I12
  plugin-api/include/ns/sdk/rollout.h [[if (!seen.routes_intact) return wait;]] [[if (!seen.routes_intact && !MUTANT) return wait;]])
ns_mutant(rollout.stops-the-routed guard "a failed rollout stops what routes led to" I12
  plugin-api/include/ns/sdk/rollout.h [[!replica.Alive() || routed) continue;]] [[!replica.Alive() || (routed && !MUTANT)) continue;]])
ns_mutant(rollout.keeps-the-edited guard "what was changed by hand stays" I21
  plugin-api/include/ns/sdk/rollout.h [[replica.key == goal_.key && replica.sound &&]] [[replica.key == goal_.key && (replica.sound || MUTANT) &&]])
ns_mutant(rollout.routes-unrepaired resync "spoilt routes stay" I21
  plugin-api/include/ns/sdk/rollout.h [[seen.route_key != goal_.route_key || !seen.routes_intact)]] [[seen.route_key != goal_.route_key || (!seen.routes_intact && !MUTANT))]])
ns_mutant(rollout.ended-again retry "a container that ended is started again at once" I19
  plugin-api/include/ns/sdk/rollout.h [[if (auto step = FindEnded(seen, split.rest, now)) return step;]] [[if (auto step = MUTANT ? std::nullopt : FindEnded(seen, split.rest, now)) return step;]])
ns_mutant(backend.no-lock unlock "two rollouts of one application at once" I6
  plugin-api/include/ns/sdk/rollout_backend.h [[const auto lock = records_->Lock(call, app.id, app.fence);]] [[const auto lock = MUTANT ? nullptr : records_->Lock(call, app.id, app.fence);]])
ns_mutant(backend.no-fence fence "older fences are accepted" "I6 I21"
  plugin-api/include/ns/sdk/rollout_backend.h [[records_->Raise(app.id, app.fence);]] [[if (!MUTANT) records_->Raise(app.id, app.fence);]])
ns_mutant(backend.removal-no-fence fence "a removal raises no fence" I10
  plugin-api/include/ns/sdk/rollout_backend.h [[records_->Raise(app, fence);]] [[if (!MUTANT) records_->Raise(app, fence);]])
ns_mutant(backend.draining-unsaid write "what routes led to is not remembered" I12
  plugin-api/include/ns/sdk/rollout_backend.h [[if (!targets.contains(id)) record_]] [[if (!targets.contains(id) && !MUTANT) record_]])
