// What an application prints.
#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"

namespace ns::api {
namespace {

constexpr int kUsualLines = 100;
constexpr Duration kOutputInterval = std::chrono::seconds(1);
constexpr Duration kLookLimit = std::chrono::seconds(10);

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
  NS_ASSIGN(const auto lines,
            context.parts.outputs.Lines(Within(context, request.call), app.backend, query));
  pb::ApplicationOutputs out;
  for (const model::LogLine& line : lines) {
    auto* one = out.add_outputs();
    *one->mutable_time() = ToProto(line.at);
    one->set_log(line.text);
  }
  return out;
}

// Lines from a moment on, as they come.
class OutputStream final : public Stream {
 public:
  OutputStream(const Context& context, const model::Application& app, Time since)
      : clock_(context.parts.clock),
        outputs_(context.parts.outputs),
        app_(app.id),
        backend_(app.backend),
        most_(context.settings.max_output_lines),
        since_(since) {}

  Result<Piece> Next(const ports::Call& call) override {
    ports::LogQuery query;
    query.app = app_;
    query.since = since_;
    query.limit = most_;
    const ports::Call within{call.cancel, clock_.Monotonic() + kLookLimit};
    NS_ASSIGN(const auto lines, outputs_.Lines(within, backend_, query));
    Piece piece;
    for (const model::LogLine& line : New(lines)) {
      pb::ApplicationOutput out;
      *out.mutable_time() = ToProto(line.at);
      out.set_log(line.text);
      piece.messages.push_back(out.SerializeAsString());
    }
    return piece;
  }
  bool asks_others() const override { return true; }
  std::string awaits() const override { return ""; }
  Duration interval() const override { return kOutputInterval; }

 private:
  // Those behind the last one told: of the instant up to which was told, so many are known.
  std::vector<model::LogLine> New(const std::vector<model::LogLine>& lines) {
    std::vector<model::LogLine> fresh;
    size_t known = told_;
    for (const model::LogLine& line : lines) {
      if (line.at == since_ && known > 0) {
        --known;
        continue;
      }
      told_ = line.at == since_ ? told_ + 1 : 1;
      since_ = line.at;
      known = 0;
      fresh.push_back(line);
    }
    return fresh;
  }

  Clock& clock_;
  Outputs& outputs_;
  const AppId app_;
  const std::string backend_;
  const int most_;
  Time since_;
  size_t told_ = 0;  // lines of `since_`
};

Result<std::unique_ptr<Stream>> GetOutputStream(const Context& context, const Request& request,
                                                const pb::GetOutputStreamRequest& in) {
  if (!in.has_begin()) return InvalidField("begin", "must say from when");
  return std::unique_ptr<Stream>(
      std::make_unique<OutputStream>(context, *request.on.app, FromProto(in.begin())));
}

}  // namespace

void OfferOutput(MethodTable& table) {
  OfferStream<pb::ApplicationOutput>(table, std::string(kApiService) + "GetOutputStream",
                                     GetOutputStream);
  Offer(table, std::string(kApiService) + "GetOutput", GetOutput);
}

}  // namespace ns::api
