// What an application prints.
#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"

namespace ns::api {
namespace {

constexpr int kUsualLines = 100;

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

}  // namespace

void OfferOutput(MethodTable& table) {
  Offer(table, std::string(kApiService) + "GetOutput", GetOutput);
}

}  // namespace ns::api
