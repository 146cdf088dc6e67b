#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <set>
#include <thread>

#include "context.h"
#include "text.h"

namespace ns::cli {
namespace {

using google::protobuf::util::TimeUtil;

struct Given {
  std::string app;
  int limit = 100;
  bool follow = false, times = false;
};

constexpr int kFollowLimit = 1000;  // lines of one look
constexpr int64_t kAhead =
    3600;  // s: a clock that is a little behind the server's still sees the newest lines

api::ApplicationOutputs Read(Context& context, const std::string& id, int limit) {
  api::GetOutputRequest request;
  request.set_application_id(id);
  request.set_limit(limit);
  *request.mutable_before() = TimeUtil::SecondsToTimestamp(NowSeconds() + kAhead);
  return context.Api<api::ApplicationOutputs>("GetOutput", request);
}

void Show(const Context& context, const api::ApplicationOutput& line, bool times) {
  std::string text = (times ? TimeUtil::ToString(line.time()) + " " : "") + line.log();
  if (!text.ends_with('\n')) text += '\n';
  context.Print(text);
}

// Lines newer than what was shown; of the same moment those not yet shown.
class Newer {
 public:
  bool Take(const api::ApplicationOutput& line) {
    if (line.time() < last_) return false;
    if (last_ < line.time()) {
      last_ = line.time();
      seen_.clear();
    }
    return seen_.insert(line.log()).second;
  }

 private:
  google::protobuf::Timestamp last_;
  std::set<std::string> seen_;
};

void Run(Context& context, const Given& given) {
  const std::string id = FindApplication(context, given.app).id();
  Newer newer;
  for (int limit = given.limit;; limit = kFollowLimit) {
    const auto outputs = Read(context, id, limit);
    if (context.json) return context.Print(outputs, "");
    for (const auto& line : outputs.outputs()) {
      if (!given.follow || newer.Take(line)) Show(context, line, given.times);
    }
    if (!given.follow) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

}  // namespace

void AddLogs(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand("logs", "what an application prints");
  command->add_option("APP", given->app, "name or id")->required();
  command->add_option("-n,--limit", given->limit, "newest lines")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_flag("-f,--follow", given->follow, "go on with what comes");
  command->add_flag("-t,--times", given->times, "with the time of each line");
  command->callback([&context, given] { Run(context, *given); });
}

}  // namespace ns::cli
