#include <CLI/CLI.hpp>
#include <thread>

#include "context.h"
#include "resume.h"
#include "text.h"
#include "time_text.h"

namespace ns::cli {
namespace {

constexpr auto kPause = std::chrono::seconds(1);  // between two looks
constexpr int kMost = 1000;                       // of one answer

struct Given {
  std::string app;
  int lines = 50;
  bool follow = false;
};

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string LineOf(const platform::Event& event) {
  std::string line = TimeOf(event.at()) + "  " + Padded(Plain(event.actor()), 12) + "  " +
                     Padded(event.kind(), 18) + "  " + event.subject_id();
  if (!event.reason().empty()) line += "  " + Plain(event.reason());
  if (!event.message().empty()) line += "  " + Plain(event.message());
  if (event.data() != "{}") line += "  " + Plain(event.data());
  return line + "\n";
}

void Show(Context& context, const Given& given) {
  platform::ListEventsRequest request;
  const char* method = "ListEvents";
  if (!given.app.empty()) {
    method = "ListApplicationEvents";
    request.set_application_id(FindApplication(context, given.app).id());
  }
  request.set_limit(given.lines);
  request.set_newest(true);
  // Whether that was all that there is.
  const auto look = [&] {
    const auto page = context.Platform<platform::ListEventsResponse>(method, request);
    std::string text;
    for (const auto& event : page.events()) text += context.json ? JsonLine(event) : LineOf(event);
    context.Print(text);
    request.set_newest(false);
    request.set_after(page.next());
    request.set_limit(kMost);
    return page.events().size() < kMost;
  };
  if (!given.follow) return void(look());
  UntilItEnds(context, [&](const std::function<void()>& alive) {
    for (;;) {
      if (look()) std::this_thread::sleep_for(kPause);
      alive();
    }
  });
}

}  // namespace

void AddEvents(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command =
      root.add_subcommand("events", "what happened, and who did it; with --json a line for each");
  command->add_option("APP", given->app, "name or id; default: all that you own");
  command->add_option("-n,--lines", given->lines, "the newest so many")
      ->capture_default_str()
      ->check(CLI::Range(1, kMost));
  command->add_flag("-f,--follow", given->follow, "go on with what happens");
  command->callback([&context, given] { Show(context, *given); });
}

}  // namespace ns::cli
