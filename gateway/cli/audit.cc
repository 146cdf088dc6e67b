#include <CLI/CLI.hpp>

#include "context.h"
#include "failure.h"
#include "neoshowcase/platform/v1/audit.pb.h"
#include "text.h"
#include "time_text.h"

namespace ns::cli {
namespace {

constexpr char kMethod[] = "neoshowcase.platform.v1.AuditService/ListAuditEvents";
constexpr int kPage = 1000;

struct Given {
  std::string object, user, method, since;
  int lines = 50;
};

bool IsId(const std::string& text) {
  return text.size() == 22 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

int64_t SpanOf(const std::string& text) {
  if (const auto seconds = SecondsOf(text)) return *seconds;
  throw Failure(Exit::kUsage,
                "--since: must be a time such as 90s, 15m, 36h or 7d, not \"" + text + "\"");
}

std::vector<std::string> RowOf(const platform::AuditEvent& event) {
  const std::string& about = event.result_id().empty() ? event.object_id() : event.result_id();
  std::string outcome = event.outcome();
  if (!event.reason().empty()) outcome += " " + event.reason();
  return {TimeOf(event.at()),
          event.user_name().empty() ? "-" : Plain(event.user_name()),
          event.via().empty() ? "-" : event.via(),
          event.address().empty() ? "-" : Plain(event.address()),
          event.method().substr(event.method().rfind('/') + 1),
          about.empty() ? "-" : about,
          Plain(outcome)};
}

platform::ListAuditEventsRequest RequestOf(Context& context, const Given& given) {
  platform::ListAuditEventsRequest request;
  if (!given.object.empty())
    request.set_object(IsId(given.object) ? given.object
                                          : FindApplication(context, given.object).id());
  request.set_user(given.user);
  request.set_method(given.method);
  if (!given.since.empty())
    request.mutable_since()->set_seconds(NowSeconds() - SpanOf(given.since));
  return request;
}

void Show(Context& context, const Given& given) {
  platform::ListAuditEventsRequest request = RequestOf(context, given);
  platform::ListAuditEventsResponse all;
  do {
    request.set_limit(std::min(given.lines - all.events_size(), kPage));
    platform::ListAuditEventsResponse page;
    context.client().Call(kMethod, request, page);
    request.set_before(page.next());
    all.MergeFrom(page);
  } while (!request.before().empty() && all.events_size() < given.lines);
  all.set_next(request.before());
  std::vector<std::vector<std::string>> rows = {
      {"TIME", "USER", "VIA", "FROM", "METHOD", "OBJECT", "OUTCOME"}};
  for (const auto& event : all.events()) rows.push_back(RowOf(event));
  context.Print(all, Table(rows));
}

}  // namespace

void AddAudit(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(
      "audit",
      "who asked for what, and what became of it, newest first: of all that you own or did");
  command->add_option("OBJECT", given->object,
                      "name or id of an application, or the id of anything else; default: all");
  command->add_option("--user", given->user, "name or id")->type_name("USER");
  command->add_option("--method", given->method, "such as CreateApplication");
  command->add_option("--since", given->since, "not longer ago than 90s, 15m, 36h, 7d");
  command->add_option("-n,--lines", given->lines, "the newest so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  command->callback([&context, given] { Show(context, *given); });
}

}  // namespace ns::cli
