#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <deque>
#include <map>
#include <optional>

#include "context.h"
#include "failure.h"
#include "resume.h"
#include "text.h"
#include "time_text.h"

namespace ns::cli {
namespace {

using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

struct Given {
  std::string app, since;
  int limit = 100;
  bool follow = false, times = false;
};

constexpr int kMostLines = 1000;         // of one question
constexpr size_t kCutShort = 2'000'000;  // bytes: of an answer that is smaller nothing was left out
constexpr int64_t kAhead =
    3600;  // s: a clock that is a little behind the server's still sees the newest lines

// Lines that were shown are known by the moment of the newest, and how often each stood there.
class Shown {
 public:
  // False: it was there already.
  bool Take(const api::ApplicationOutput& line) {
    if (newest_ && line.time() < *newest_) return false;
    if (!newest_ || *newest_ < line.time()) {
      newest_ = line.time();
      there_.clear();
      again_.clear();
    }
    if (auto& again = again_[line.log()]; again > 0) return --again, false;
    ++there_[line.log()];
    return true;
  }
  // The lines of the newest moment come once more.
  void Again() { again_ = there_; }
  const std::optional<Timestamp>& newest() const { return newest_; }

 private:
  std::optional<Timestamp> newest_;
  std::map<std::string, int> there_, again_;
};

class Reader {
 public:
  Reader(Context& context, const Given& given, std::string id)
      : context_(context), given_(given), id_(std::move(id)) {}

  void Run(const std::optional<Timestamp>& since) {
    if (!given_.follow && context_.json) return PrintWhole(since);
    if (!given_.follow) return Show(since ? Since(*since) : Newest());
    if (!since) Show(Newest());
    UntilItEnds(context_, [&](const std::function<void()>& alive) { Follow(since, alive); });
  }

 private:
  api::ApplicationOutputs Read(const Timestamp& before, int limit) {
    api::GetOutputRequest request;
    request.set_application_id(id_);
    request.set_limit(limit);
    *request.mutable_before() = before;
    return context_.Api<api::ApplicationOutputs>("GetOutput", request);
  }
  static Timestamp Latest() { return TimeUtil::SecondsToTimestamp(NowSeconds() + kAhead); }
  api::ApplicationOutputs Newest() {
    auto lines = Back(given_.limit, [this](const auto& got) {
      return got.size() >= static_cast<size_t>(given_.limit);
    });
    while (lines.size() > static_cast<size_t>(given_.limit)) lines.pop_front();
    return Outputs(lines);
  }
  // All lines from a moment on.
  api::ApplicationOutputs Since(const Timestamp& since) {
    auto lines = Back(kMostLines, [&](const auto& got) { return got.front().time() < since; });
    while (!lines.empty() && lines.front().time() < since) lines.pop_front();
    return Outputs(lines);
  }

  // The newest lines, oldest first: page by page backwards, until they are enough. A page ends
  // within a moment, so the next one ends just behind it and what both have counts once.
  using Lines = std::deque<api::ApplicationOutput>;
  Lines Back(int limit, const std::function<bool(const Lines&)>& enough) {
    Lines lines;
    for (Timestamp before = Latest();;) {
      const auto page = Read(before, limit);
      const bool met = page.outputs_size() > 0 && !lines.empty() &&
                       page.outputs(page.outputs_size() - 1).time() == lines.front().time();
      if (met) DropFirstMoment(lines);
      for (int i = page.outputs_size(); i-- > 0;) lines.push_front(page.outputs(i));
      const bool whole = page.outputs_size() < limit && page.ByteSizeLong() < kCutShort;
      if (whole || enough(lines)) return lines;
      const Timestamp next = lines.front().time() + TimeUtil::MicrosecondsToDuration(1);
      if (next >= before) return lines;  // more lines of one moment than a page holds
      before = next;
    }
  }
  static api::ApplicationOutputs Outputs(const Lines& lines) {
    api::ApplicationOutputs out;
    for (const auto& line : lines) *out.add_outputs() = line;
    return out;
  }
  static void DropFirstMoment(Lines& lines) {
    const Timestamp first = lines.front().time();
    while (!lines.empty() && lines.front().time() == first) lines.pop_front();
  }

  void PrintWhole(const std::optional<Timestamp>& since) {
    auto outputs = since ? Since(*since) : Newest();
    context_.Print(outputs, "");
  }

  void Show(const api::ApplicationOutputs& outputs) {
    for (const auto& line : outputs.outputs()) Show(line);
  }
  void Show(const api::ApplicationOutput& line) {
    if (!shown_.Take(line)) return;
    if (context_.json) return context_.Print(JsonLine(line));
    std::string text = (given_.times ? TimeUtil::ToString(line.time()) + " " : "") + line.log();
    if (!text.ends_with('\n')) text += '\n';
    context_.Print(text);
  }

  // All that came since the newest line that was shown, or since then.
  void Follow(const std::optional<Timestamp>& since, const std::function<void()>& alive) {
    shown_.Again();
    api::GetOutputStreamRequest request;
    request.set_application_id(id_);
    *request.mutable_begin() = shown_.newest() ? *shown_.newest()
                               : since         ? *since
                                               : TimeUtil::SecondsToTimestamp(0);
    context_.Stream<api::ApplicationOutput>("neoshowcase.protobuf.APIService/GetOutputStream",
                                            request, [&](const api::ApplicationOutput& line) {
                                              alive();
                                              Show(line);
                                            });
  }

  Context& context_;
  const Given& given_;
  const std::string id_;
  Shown shown_;
};

// "90s", "10m", "2h", "3d" before now, or a moment such as 2024-05-01T12:00:00Z.
std::optional<Timestamp> SinceOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  Timestamp moment;
  if (TimeUtil::FromString(text, &moment)) return moment;
  const auto span = SecondsOf(text);
  if (!span)
    throw Failure(Exit::kUsage, "--since is '" + text +
                                    "'; give how long ago, such as 90s, 10m, 2h or 3d, or a moment "
                                    "such as 2024-05-01T12:00:00Z.");
  return TimeUtil::SecondsToTimestamp(NowSeconds() - *span);
}

void Run(Context& context, const Given& given) {
  const auto since = SinceOf(given.since);
  Reader(context, given, FindApplication(context, given.app).id()).Run(since);
}

}  // namespace

void AddLogs(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand("logs", "what an application prints");
  command->add_option("APP", given->app, "name or id")->required();
  auto* limit = command->add_option("-n,--tail,--limit", given->limit, "newest lines")
                    ->capture_default_str()
                    ->check(CLI::Range(1, kMostLines));
  command
      ->add_option("--since", given->since,
                   "all lines since then instead: 90s, 10m, 2h, 3d, or 2024-05-01T12:00:00Z")
      ->excludes(limit);
  command->add_flag("-f,--follow", given->follow,
                    "go on with what comes; with --json a line for each");
  command->add_flag("-t,--times", given->times, "with the time of each line");
  command->callback([&context, given] { Run(context, *given); });
}

}  // namespace ns::cli
