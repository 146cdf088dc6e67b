#include "link/convert.h"

namespace ns::link {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

google::protobuf::Timestamp ToWire(Time time) {
  const auto whole = std::chrono::floor<seconds>(time);
  google::protobuf::Timestamp out;
  out.set_seconds(whole.time_since_epoch().count());
  out.set_nanos(static_cast<int32_t>(nanoseconds(time - whole).count()));
  return out;
}

Time FromWire(const google::protobuf::Timestamp& time) {
  return Time(seconds(time.seconds()) +
              std::chrono::duration_cast<microseconds>(nanoseconds(time.nanos())));
}

wire::GetOutputRequest ToWire(const std::string& backend, const ports::LogQuery& query) {
  wire::GetOutputRequest out;
  out.set_application_id(query.app.str());
  out.set_backend(backend);
  out.set_limit(query.limit);
  if (query.before != kNever) *out.mutable_before() = ToWire(query.before);
  if (query.since != kNever) *out.mutable_since() = ToWire(query.since);
  return out;
}

ports::LogQuery FromWire(const wire::GetOutputRequest& request) {
  ports::LogQuery out;
  out.app = AppId(request.application_id());
  out.limit = request.limit();
  if (request.has_before()) out.before = FromWire(request.before());
  if (request.has_since()) out.since = FromWire(request.since());
  return out;
}

wire::GetOutputResponse ToWire(const std::vector<model::LogLine>& lines) {
  wire::GetOutputResponse out;
  for (const model::LogLine& line : lines) {
    wire::OutputLine& next = *out.add_lines();
    *next.mutable_time() = ToWire(line.at);
    next.set_stream(line.stream);
    next.set_text(line.text);
  }
  return out;
}

std::vector<model::LogLine> FromWire(const wire::GetOutputResponse& response) {
  std::vector<model::LogLine> out;
  out.reserve(static_cast<size_t>(response.lines_size()));
  for (const wire::OutputLine& line : response.lines())
    out.push_back({FromWire(line.time()), line.stream(), line.text()});
  return out;
}

}  // namespace ns::link
