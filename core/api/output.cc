// What an application prints.
#include <algorithm>
#include <optional>

#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "ports/newest_lines.h"

namespace ns::api {
namespace {

constexpr int kUsualLines = 100;
constexpr Duration kOutputInterval = std::chrono::seconds(1);
constexpr Duration kCallLimit = std::chrono::seconds(25);
constexpr Duration kLookLimit = std::chrono::seconds(10);

// Within `limit`, unless the caller's deadline is sooner.
Result<std::vector<model::LogLine>> Ask(const Parts& parts, const ports::Call& call, Duration limit,
                                        const std::string& backend, const ports::LogQuery& query) {
  const Duration end = parts.clock.Monotonic() + limit;
  const bool sooner = !call.deadline || end < *call.deadline;
  auto lines = parts.outputs.Lines({call.cancel, sooner ? end : *call.deadline}, backend, query);
  if (lines.ok() || lines.status().code() != Code::kDeadline || !sooner) return lines;
  return Status(Code::kUnavailable, "BackendHostAway",
                "the host that runs this application has not answered in time; ask again");
}

Status Check(const pb::GetOutputRequest& in, int most) {
  model::Violations violations;
  if (!in.has_before()) violations.push_back({"before", "must say up to when"});
  if (in.limit() < 0 || in.limit() > most) {
    violations.push_back(
        {"limit", "must be 0 to " + std::to_string(most) + ", got " + std::to_string(in.limit())});
  }
  return CheckNone(violations);
}

Result<pb::ApplicationOutputs> GetOutput(const Context& context, const Request& request,
                                         const pb::GetOutputRequest& in) {
  NS_TRY(Check(in, context.settings.max_output_lines));
  const model::Application& app = *request.on.app;
  ports::LogQuery query;
  query.app = app.id;
  query.before = FromProto(in.before());
  query.limit = in.limit() == 0 ? kUsualLines : in.limit();
  const WaitTurns::Turn turn(context.output_turns, request.user);
  NS_TRY(turn.status());
  NS_ASSIGN(const auto lines, Ask(context.parts, request.call, kCallLimit, app.backend, query));
  pb::ApplicationOutputs out;
  for (const model::LogLine& line : lines) {
    auto* one = out.add_outputs();
    *one->mutable_time() = ToProto(line.at);
    one->set_log(line.text);
  }
  return out;
}

// Lines from a moment on, as they come.
// Rationale: the newest lines of a span are all that a backend can be asked for. Where one answer
// leaves some out, those before it are told first, and it is asked for again afterwards: to keep
// it, and the answers between, would take as much memory as there is output.
class OutputStream final : public Stream {
 public:
  OutputStream(const Context& context, UserId user, const model::Application& app, Time since)
      : parts_(context.parts),
        user_(std::move(user)),
        app_(app.id),
        backend_(app.backend),
        most_(context.settings.max_output_lines),
        since_(std::max(since, kNever)) {}

  Result<Piece> Next(const ports::Call& call) override {
    ports::LogQuery query;
    query.app = app_;
    query.since = since_;
    query.before = ends_.empty() ? kNever : ends_.back();
    query.limit = most_;
    NS_ASSIGN(const auto lines, Ask(parts_, call, kLookLimit, backend_, query));
    if (const auto end = EndOfOlder(query, lines)) {
      ends_.push_back(*end);
      return Piece();
    }
    Piece piece = Told(lines);
    if (ends_.empty()) return piece;
    since_ = ends_.back();
    told_ = 0;
    ends_.pop_back();
    return piece;
  }
  std::string waits_for_others() const override { return user_.str(); }
  std::string awaits() const override { return ""; }
  Duration interval() const override { return ends_.empty() ? kOutputInterval : Duration::zero(); }

 private:
  // Up to where lines are to be told first; none: the answer leaves out nothing that can be asked
  // for. What is behind the first eighth of the answer is sure to fit into one.
  static std::optional<Time> EndOfOlder(const ports::LogQuery& query,
                                        const std::vector<model::LogLine>& lines) {
    if (lines.empty() || !ports::MayLeaveOut(query, lines)) return std::nullopt;
    const Time eighth = lines[Eighth(lines)].at;
    // All of a moment, unless it is all that the answer tells of.
    for (const Time end : {eighth + std::chrono::microseconds(1), eighth})
      if (end > query.since && (query.before == kNever || end < query.before)) return end;
    return std::nullopt;
  }
  static size_t Eighth(const std::vector<model::LogLine>& lines) {
    size_t whole = 0, size = 0, last = 0;
    for (const model::LogLine& line : lines) whole += ports::SizeOf(line);
    while ((size += ports::SizeOf(lines[last])) < whole / 8 || last < lines.size() / 8) ++last;
    return last;
  }

  // Those behind the last one told: of the instant up to which was told, so many are known.
  Piece Told(const std::vector<model::LogLine>& lines) {
    Piece piece;
    size_t known = told_;
    for (const model::LogLine& line : lines) {
      if (line.at == since_ && known > 0) {
        --known;
        continue;
      }
      told_ = line.at == since_ ? told_ + 1 : 1;
      since_ = line.at;
      known = 0;
      pb::ApplicationOutput out;
      *out.mutable_time() = ToProto(line.at);
      out.set_log(line.text);
      piece.messages.push_back(out.SerializeAsString());
    }
    return piece;
  }

  const Parts& parts_;
  const UserId user_;
  const AppId app_;
  const std::string backend_;
  const int most_;
  Time since_;
  size_t told_ = 0;         // lines of `since_`
  std::vector<Time> ends_;  // of spans that are told one after the other, the last first
};

Result<std::unique_ptr<Stream>> GetOutputStream(const Context& context, const Request& request,
                                                const pb::GetOutputStreamRequest& in) {
  if (!in.has_begin()) return InvalidField("begin", "must say from when");
  return std::unique_ptr<Stream>(std::make_unique<OutputStream>(
      context, request.user.id, *request.on.app, FromProto(in.begin())));
}

}  // namespace

void OfferOutput(MethodTable& table) {
  OfferStream<pb::ApplicationOutput>(table, std::string(kApiService) + "GetOutputStream",
                                     GetOutputStream);
  Offer(table, std::string(kApiService) + "GetOutput", GetOutput);
}

}  // namespace ns::api
