#include <CLI/CLI.hpp>

#include "context.h"
#include "neoshowcase/platform/v1/queue.pb.h"
#include "text.h"

namespace ns::cli {
namespace {

using Build = platform::ListBuildQueueResponse::Build;

std::string Usual(const Build& build) {
  return build.last_seconds() > 0 ? Span(build.last_seconds()) : "-";
}

std::string Text(const platform::ListBuildQueueResponse& queue, int64_t now) {
  std::vector<std::vector<std::string>> rows = {
      {"PLACE", "BUILD", "APPLICATION", "COMMIT", "SINCE", "LAST TOOK", "WHAT"}};
  for (const Build& build : queue.running()) {
    const std::string host = build.host_name().empty() ? "" : " on " + Plain(build.host_name());
    rows.push_back({"runs", build.build_id(), Plain(build.application_name()),
                    ShortCommit(build.commit()), Ago(build.started_at(), now), Usual(build),
                    "attempt " + std::to_string(build.attempt()) + host});
  }
  for (const Build& build : queue.queued()) {
    rows.push_back(
        {std::to_string(build.place()), build.build_id(), Plain(build.application_name()),
         ShortCommit(build.commit()), Ago(build.queued_at(), now), Usual(build),
         build.reason() + (build.message().empty() ? "" : ": ") + Plain(build.message())});
  }
  const std::string rest = std::to_string(queue.running_size()) + " of " +
                           std::to_string(queue.slots()) + " slots are taken, " +
                           std::to_string(queue.queued_size()) + " wait\n";
  return (rows.size() > 1 ? Table(rows) : "") + rest;
}

void Show(Context& context, bool mine) {
  platform::ListBuildQueueRequest request;
  request.set_mine(mine);
  platform::ListBuildQueueResponse queue;
  context.client().Call("neoshowcase.platform.v1.BuildQueueService/ListBuildQueue", request, queue);
  context.Print(queue, Text(queue, NowSeconds()));
}

}  // namespace

void AddQueue(CLI::App& root, Context& context) {
  auto mine = std::make_shared<bool>(false);
  auto* command =
      root.add_subcommand("queue", "what is built now, and what waits: its place and why");
  command->add_flag("--mine", *mine, "only builds of your applications");
  command->callback([&context, mine] { Show(context, *mine); });
}

}  // namespace ns::cli
