// `ns top`: applications with what they use, again and again.
#include <sys/ioctl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <thread>

#include "failure.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "status_text.h"
#include "text.h"
#include "usage.h"
#include "usage_text.h"

namespace ns::cli {
namespace {

constexpr int64_t kRecent = 60;  // seconds: an older sample says nothing of now
constexpr char kClear[] = "\033[H\033[2J";

using Entry = platform::ListApplicationsResponse::Entry;

struct Given {
  bool mine = false, once = false;
  int interval = 5;
};

struct Line {
  Entry entry;
  std::optional<double> cpu, memory;  // cores, bytes; absent: not known, or not for the caller
};

std::vector<Entry> Entries(Context& context, bool mine) {
  std::vector<Entry> all;
  platform::ListApplicationsRequest request;
  request.set_mine(mine);
  request.set_page_size(200);
  do {
    const auto page = context.Own<platform::ListApplicationsResponse>(
        "ApplicationService/ListApplications", request);
    all.insert(all.end(), page.applications().begin(), page.applications().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

// Nothing of one that is gone since it was listed.
std::optional<double> Newest(Context& context, const std::string& id, const char* metric) {
  try {
    const auto samples = SamplesOf(context, id, metric, kRecent);
    if (samples.metrics().empty()) return std::nullopt;
    return samples.metrics(samples.metrics_size() - 1).value();
  } catch (const Refused& refused) {
    if (refused.code() != "not_found") throw;
    return std::nullopt;
  }
}

// Those that use most come first.
std::vector<Line> Look(Context& context, const api::User& me, bool mine) {
  std::vector<Line> lines;
  for (const Entry& entry : Entries(context, mine)) {
    Line& line = lines.emplace_back(Line{entry, {}, {}});
    const auto& owners = entry.application().form().owner_ids();
    const bool owns = me.admin() || std::ranges::find(owners, me.id()) != owners.end();
    if (!owns || entry.status().ready() == 0) continue;
    line.cpu = Newest(context, entry.application().id(), "CPU");
    line.memory = Newest(context, entry.application().id(), "Memory");
  }
  std::ranges::stable_sort(lines, std::ranges::greater(), [](const Line& line) {
    return std::pair(line.cpu.value_or(-1), line.memory.value_or(-1));
  });
  return lines;
}

std::string TextOf(const std::vector<Line>& lines) {
  std::vector<std::vector<std::string>> rows = {
      {"APPLICATION", "STATE", "REPLICAS", "CPU", "MEMORY", "WHAT"}};
  const auto text = [](const char* metric, const std::optional<double>& value) {
    return value ? UsageOf(metric, *value) : "-";
  };
  for (const Line& line : lines) {
    const auto& status = line.entry.status();
    rows.push_back({Plain(line.entry.application().form().name()), StateWord(status.state()),
                    std::to_string(status.ready()) + "/" + std::to_string(status.wanted()),
                    text("CPU", line.cpu), text("Memory", line.memory), Plain(status.summary())});
  }
  return Table(rows);
}

// What is not known is left out.
std::string JsonOf(const std::vector<Line>& lines) {
  boost::json::array out;
  for (const Line& line : lines) {
    const auto& status = line.entry.status();
    boost::json::object one = {{"id", line.entry.application().id()},
                               {"name", line.entry.application().form().name()},
                               {"state", platform::ApplicationStatus::State_Name(status.state())},
                               {"summary", status.summary()},
                               {"ready", status.ready()},
                               {"wanted", status.wanted()}};
    if (line.cpu) one["cpu"] = *line.cpu;
    if (line.memory) one["memory"] = *line.memory;
    out.push_back(std::move(one));
  }
  return boost::json::serialize(boost::json::object{{"applications", std::move(out)}}) + "\n";
}

// What fits the terminal as it is now, so that those that use most stand at its top.
std::string OnScreen(const std::string& text) {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return kClear + text;
  return kClear + Fitted(text, size.ws_row, size.ws_col);
}

void Run(Context& context, const Given& given) {
  const bool screen = !context.json && ::isatty(STDOUT_FILENO) == 1;
  const bool once = given.once || (!context.json && !screen);
  const auto me = context.Api<api::User>("GetMe");
  for (;; std::this_thread::sleep_for(std::chrono::seconds(given.interval))) {
    try {
      const auto lines = Look(context, me, given.mine);
      const std::string text = context.json ? JsonOf(lines) : TextOf(lines);
      context.Print(screen && !once ? OnScreen(text) : text);
    } catch (const Failure& failure) {  // while the server is replaced, a later look is answered
      if (once || failure.exit() != Exit::kUnreachable) throw;
      context.Progress(failure.what());
    }
    if (once) return;
  }
}

}  // namespace

void AddTop(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(
      "top",
      "applications with their state and what they use, again and again; with --json a line "
      "each time");
  command->add_flag("--mine", given->mine, "only those that you own");
  command->add_flag("--once", given->once, "one look; usual where the output is no terminal");
  command->add_option("--interval", given->interval, "seconds between two looks")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->callback([&context, given] { Run(context, *given); });
}

}  // namespace ns::cli
