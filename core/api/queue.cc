// What is built now and what waits; the hosts that do it.
#include <algorithm>
#include <map>

#include "api/alive.h"
#include "api/convert_platform.h"
#include "api/method.h"
#include "neoshowcase/platform/v1/host.pb.h"
#include "neoshowcase/platform/v1/queue.pb.h"
#include "plan/conditions.h"
#include "plan/queue_order.h"

namespace ns::api {
namespace {

using Entry = platform::ListBuildQueueResponse::Build;

constexpr Duration kDay = std::chrono::hours(24);

const char* ReasonOf(plan::Waiting waiting) {
  switch (waiting) {
    case plan::Waiting::kBuilder:
      return "BuilderMissing";
    case plan::Waiting::kSibling:
      return "SiblingBuilding";
    case plan::Waiting::kPause:
      return "BuildRetrying";
    case plan::Waiting::kRoom:
      break;
  }
  return "BuildQueued";
}

// Fills answers about builds for one caller.
class Writer {
 public:
  Writer(const Context& context, const Request& request, bool mine)
      : context_(context), request_(request), user_(request.user), mine_(mine) {}

  Status Load(const model::QueueSnapshot& queue) {
    NS_ASSIGN(const auto apps, context_.store().apps.List());
    for (const model::Application& app : apps) apps_.emplace(app.id, app);
    std::vector<AppId> built;
    for (const auto& [id, app] : queue.apps) built.push_back(id);
    NS_ASSIGN(took_, context_.store().listings.LastDurations(built));
    NS_ASSIGN(const auto hosts, context_.store().hosts.List(kDay));
    for (const model::Host& host : hosts) hosts_.emplace(host.id, host.name);
    return Status();
  }

  // The application, where the caller is told of its builds.
  const model::Application* Shown(const model::Build& build) const {
    const auto app = apps_.find(build.app);
    if (app == apps_.end()) return nullptr;
    const bool named = std::ranges::find(app->second.owners, user_.id) != app->second.owners.end();
    return !request_.Covers(build.app) || (mine_ && !named) ? nullptr : &app->second;
  }

  void Write(const model::Application& app, const model::Build& build, Entry& out) const {
    out.set_build_id(build.id.str());
    out.set_application_id(app.id.str());
    out.set_application_name(app.name);
    out.set_commit(build.commit);
    *out.mutable_queued_at() = ToProto(build.queued_at);
    const auto took = took_.find(app.id);
    if (took != took_.end())
      out.set_last_seconds(std::chrono::duration<double>(took->second).count());
  }

  void Waits(const model::Application& app, const plan::InLine& one,
             const model::QueueSnapshot& queue, Entry& out) const {
    const model::Build& build = *one.build;
    out.set_attempt(build.attempt + 1);
    if (!Owns(user_, app.owners)) return;
    out.set_reason(ReasonOf(one.waiting));
    out.set_message(one.waiting == plan::Waiting::kSibling
                        ? "another build of the application comes first"
                        : plan::BuildCondition(build, &queue, queue.now).message);
    if (build.not_before > queue.now) *out.mutable_not_before() = ToProto(build.not_before);
  }

  void Runs(const model::Application& app, const model::Build& build, Entry& out) const {
    out.set_attempt(build.attempt);
    *out.mutable_started_at() = ToProto(build.started_at);
    if (!Owns(user_, app.owners)) return;
    out.set_host_id(build.lease.host.str());
    const auto host = hosts_.find(build.lease.host);
    if (host != hosts_.end()) out.set_host_name(host->second);
  }

 private:
  const Context& context_;
  const Request& request_;
  const model::User& user_;
  const bool mine_;
  std::map<AppId, model::Application> apps_;
  std::map<AppId, Duration> took_;  // the last build of each that succeeded
  std::map<HostId, std::string> hosts_;
};

Result<platform::ListBuildQueueResponse> ListBuildQueue(const Context& context,
                                                        const Request& request,
                                                        const platform::ListBuildQueueRequest& in) {
  NS_ASSIGN(const auto queue, context.store().builds.Queue());
  Writer writer(context, request, in.mine());
  NS_TRY(writer.Load(queue));
  platform::ListBuildQueueResponse out;
  int place = 0;
  for (const plan::InLine& one : plan::QueueOrder(queue)) {
    if (!request.Covers(one.build->app)) continue;
    ++place;
    const model::Application* app = writer.Shown(*one.build);
    if (app == nullptr) continue;
    Entry& entry = *out.add_queued();
    writer.Write(*app, *one.build, entry);
    entry.set_place(place);
    writer.Waits(*app, one, queue, entry);
  }
  for (const model::Build& build : queue.building) {
    const model::Application* app = writer.Shown(build);
    if (app == nullptr) continue;
    Entry& entry = *out.add_running();
    writer.Write(*app, build, entry);
    writer.Runs(*app, build, entry);
  }
  int slots = 0;
  for (const model::BuilderState& builder : queue.builders) slots += builder.slots;
  out.set_slots(slots);
  return out;
}

Result<platform::ListHostsResponse> ListHosts(const Context& context, const Request&,
                                              const platform::ListHostsRequest& in) {
  NS_ASSIGN(const auto up, context.store().hosts.List(kAlive));
  NS_ASSIGN(auto hosts, context.store().hosts.List(in.only_up() ? kAlive : kDay));
  NS_ASSIGN(const auto queue, context.store().builds.Queue());
  const auto is_up = [&](const model::Host& host) {
    return std::ranges::find(up, host.id, &model::Host::id) != up.end();
  };
  std::ranges::stable_sort(hosts, [&](const model::Host& a, const model::Host& b) {
    return std::pair(!is_up(a), a.name) < std::pair(!is_up(b), b.name);
  });
  platform::ListHostsResponse out;
  for (const model::Host& host : hosts) {
    auto& entry = *out.add_hosts();
    *entry.mutable_host() = ToProto(host);
    entry.set_up(is_up(host));
    entry.set_running_builds(static_cast<int>(std::ranges::count_if(
        queue.building, [&](const auto& build) { return build.lease.host == host.id; })));
    for (const std::string& method : host.build_methods) entry.add_build_methods(method);
  }
  return out;
}

}  // namespace

void OfferQueue(MethodTable& table) {
  Offer(table, std::string(kQueueService) + "ListBuildQueue", ListBuildQueue);
  Offer(table, std::string(kHostService) + "ListHosts", ListHosts);
}

}  // namespace ns::api
