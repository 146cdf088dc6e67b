#include "api/looks.h"

#include "api/app_form.h"
#include "api/app_status.h"
#include "api/convert_platform.h"
#include "api/event_feed.h"
#include "api/event_view.h"
#include "api/method.h"
#include "base/log.h"

namespace ns::api {
namespace {

constexpr Duration kGood = std::chrono::seconds(5);
constexpr size_t kMost = 4096;  // of each; then all are forgotten

Result<AppLook> LookAt(const Context& context, const AppId& id) {
  AppLook look;
  const auto app = context.store().apps.Get(id);
  if (app.status().code() == Code::kNotFound || (app.ok() && app->deleted)) return look;
  if (!app.ok()) return app.status();
  auto status = StatusOf(context, id, true);
  if (status.status().code() == Code::kNotFound) return look;
  if (!status.ok()) return status.status();
  look.there = true;
  look.owners = app->owners;
  look.repository = app->repository;
  look.application = WriteApplication(*app, context.settings.platform, false);
  look.of_owners = *std::move(status);
  look.of_others = look.of_owners;
  HideFromOthers(look.of_others);
  return look;
}

Result<BuildLook> LookAt(const Context& context, const BuildId& id) {
  BuildLook look;
  const auto build = context.store().builds.Get(id);
  if (build.status().code() == Code::kNotFound) return look;
  if (!build.ok()) return build.status();
  look.there = true;
  look.of_owners = Summarise(*build);
  look.of_others = look.of_owners;
  look.of_others.clear_message();
  return look;
}

Result<RepositoryLook> LookAt(const Context& context, const RepositoryId& id) {
  RepositoryLook look;
  const auto repository = context.store().repositories.Get(id);
  if (repository.status().code() == Code::kNotFound) return look;
  if (!repository.ok()) return repository.status();
  auto status = StatusOf(context, id);
  if (!status.ok()) return status.status();
  NS_ASSIGN(const auto apps, context.store().listings.AppsOf(id));
  look.there = true;
  look.owners = repository->owners;
  look.name = repository->name;
  look.status = *std::move(status);
  for (const ports::AppName& app : apps) {
    if (!app.deleted) look.apps.push_back(app.id);
  }
  return look;
}

// What cannot be read (a row that somebody has damaged) is shown to nobody, and ends no stream.
template <class Look>
Result<Look> Shown(Result<Look> look, const std::string& id) {
  if (look.status().code() != Code::kInternal) return look;
  log::Info("what changes about this is not told to those who watch",
            {{"id", id}, {"why", look.status().ToString()}});
  return Look();
}

}  // namespace

template <class Look, class Read>
Result<std::shared_ptr<const Look>> Looks::Get(Shelf<Look>& shelf, const Context& context,
                                               const std::string& id, uint64_t moment,
                                               Read&& read) {
  const Duration now = context.parts.clock.Monotonic();
  auto kept = shelf.With([&](auto& looks) -> std::shared_ptr<const Look> {
    const auto found = looks.find(id);
    const bool good =
        found != looks.end() && found->second.moment > moment && now - found->second.at < kGood;
    return good ? found->second.look : nullptr;
  });
  if (kept) return kept;
  const uint64_t begun = context.feed.Moment();
  NS_ASSIGN(Look look, Shown<Look>(read(), id));
  auto fresh = std::make_shared<const Look>(std::move(look));
  shelf.With([&](auto& looks) {
    if (looks.size() >= kMost) looks.clear();
    auto& place = looks[id];
    if (place.moment < begun) place = {begun, now, fresh};
  });
  return fresh;
}

Result<std::shared_ptr<const AppLook>> Looks::App(const Context& context, const AppId& id,
                                                  uint64_t moment) {
  return Get(apps_, context, id.str(), moment, [&] { return LookAt(context, id); });
}

Result<std::shared_ptr<const BuildLook>> Looks::Build(const Context& context, const BuildId& id,
                                                      uint64_t moment) {
  return Get(builds_, context, id.str(), moment, [&] { return LookAt(context, id); });
}

Result<std::shared_ptr<const RepositoryLook>> Looks::Repository(const Context& context,
                                                                const RepositoryId& id,
                                                                uint64_t moment) {
  return Get(repositories_, context, id.str(), moment, [&] { return LookAt(context, id); });
}

std::string Looks::NameOf(const Context& context, const std::string& actor) {
  auto known = names_.With([&](auto& names) {
    const auto found = names.find(actor);
    return found == names.end() ? std::string() : found->second;
  });
  if (!known.empty()) return known;
  std::string name = NameOfActor(context, actor);
  names_.With([&](auto& names) {
    if (names.size() >= kMost) names.clear();
    if (name != actor || !IsId(actor)) names[actor] = name;
  });
  return name;
}

}  // namespace ns::api
