#include "conformance_calls.h"

#include <map>
#include <thread>

#include "fields.h"

namespace ns::conformance {
namespace {

using plugin::ApiMetadata;
using plugin::ApiReply;
using plugin::ApiRequest;

ApiMetadata HeadersOf(const Message& definition, const std::string& field) {
  ApiMetadata headers;
  for (int i = 0; i < Count(definition, field); ++i) {
    const Message& header = Part(definition, field, i);
    std::string name = Text(header, "name");
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (int v = 0; v < Count(header, "value"); ++v)
      headers.emplace_back(name, Text(header, "value", v));
  }
  return headers;
}

// A google.protobuf.Any field becomes `type` with those bytes.
void SetAny(Message& any, const std::string& type, std::string bytes) {
  SetText(any, "type_url", "type.googleapis.com/" + type);
  SetText(any, "value", std::move(bytes));
}

void PutHeaders(Message& to, const std::string& field,
                const std::map<std::string, std::vector<std::string>>& headers) {
  for (const auto& [name, values] : headers) {
    Message& header = Add(to, field);
    SetText(header, "name", name);
    for (const std::string& value : values) AddText(header, "value", value);
  }
}

// One call.
class Answer {
 public:
  Answer(Definitions& definitions, Clock& clock, const ApiRequest& request, ApiReply& reply)
      : definitions_(definitions), clock_(clock), request_(request), reply_(reply) {}

  void Give() {
    const std::string name = request_.method.substr(request_.method.find('/') + 1);
    if (name == "Unimplemented") return reply_.End({Code::kUnsupported, "it is not implemented"});
    const auto* method = definitions_.Method(name);
    const auto message = definitions_.New(method->input_type()->name());
    if (!message->ParseFromString(request_.message))
      return reply_.End({Code::kInvalid, "the message cannot be read"});
    info_ = definitions_.New("ConformancePayload");
    Describe(MutablePart(*info_, "request_info"), *message);
    response_type_ = method->output_type()->name();
    const Message& definition = Part(*message, "response_definition");
    reply_.Metadata(false, HeadersOf(definition, "response_headers"));
    if (method->server_streaming())
      Stream(definition);
    else
      One(definition);
  }

 private:
  void One(const Message& definition) {
    Wait(definition);
    if (Has(definition, "error")) return Fail(definition, Part(definition, "error"), true);
    Send(Has(definition, "response_data") ? Text(definition, "response_data") : "", true);
    End(definition, Status());
  }

  void Stream(const Message& definition) {
    const int count = Count(definition, "response_data");
    for (int i = 0; i < count; ++i) {
      Wait(definition);
      if (!Send(Text(definition, "response_data", i), i == 0))
        return reply_.End({Code::kCancelled, "gone"});
    }
    if (Has(definition, "error")) return Fail(definition, Part(definition, "error"), count == 0);
    End(definition, Status());
  }

  // What is asked for, told back.
  void Describe(Message& info, const Message& message) {
    std::map<std::string, std::vector<std::string>> headers, query;
    for (const auto& [name, value] : request_.peer.headers) {
      if (!name.starts_with(':')) headers[name].push_back(value);
      if (name == ":method" && value == "GET") MutablePart(info, "connect_get_info");
    }
    PutHeaders(info, "request_headers", headers);
    SetAny(Add(info, "requests"), message.GetDescriptor()->full_name(), request_.message);
    if (!reply_.call().deadline || !AsksForTime(headers)) return;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*reply_.call().deadline - clock_.Monotonic());
    info.GetReflection()->SetInt64(&info, FieldOf(info, "timeout_ms"), left.count());
  }
  // Otherwise the deadline is the gateway's own.
  static bool AsksForTime(const std::map<std::string, std::vector<std::string>>& headers) {
    return headers.contains("connect-timeout-ms") || headers.contains("grpc-timeout");
  }

  void Wait(const Message& definition) const {
    const auto end =
        clock_.Monotonic() + std::chrono::milliseconds(Number(definition, "response_delay_ms"));
    while (clock_.Monotonic() < end && !reply_.call().cancel.stop_requested())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  bool Send(std::string data, bool with_info) {
    const auto response = definitions_.New(response_type_);
    Message& payload = MutablePart(*response, "payload");
    if (with_info) payload.CopyFrom(*info_);
    SetText(payload, "data", std::move(data));
    return reply_.Message(response->SerializeAsString()).ok();
  }

  void Fail(const Message& definition, const Message& error, bool with_info) {
    const auto code = static_cast<Code>(EnumNumber(error, "code"));
    const std::string message = Has(error, "message") ? Text(error, "message") : "";
    // A google.rpc.Status has the same shape as this, with the same numbers of fields.
    const auto status = definitions_.New("Error");
    status->CopyFrom(error);
    SetText(*status, "message", message);
    if (with_info) {
      const Message& info = Part(*info_, "request_info");
      SetAny(Add(*status, "details"), info.GetDescriptor()->full_name(), info.SerializeAsString());
    }
    End(definition, Status(code, message).SetDetails(status->SerializeAsString()));
  }

  void End(const Message& definition, const Status& status) {
    reply_.Metadata(true, HeadersOf(definition, "response_trailers"));
    reply_.End(status);
  }

  Definitions& definitions_;
  Clock& clock_;
  const ApiRequest& request_;
  ApiReply& reply_;
  std::unique_ptr<Message> info_;  // a payload that holds what was asked
  std::string response_type_;
};

}  // namespace

void ConformanceCalls::Invoke(ApiRequest request, std::shared_ptr<ApiReply> reply) {
  pool_.Submit([this, request = std::move(request), reply = std::move(reply)] {
    Answer(definitions_, clock_, request, *reply).Give();
  });
}

void ConformanceCalls::Raw(plugin::ApiRawRequest, std::shared_ptr<ApiReply> reply) {
  reply->End({Code::kNotFound, "there are no raw entries"});
}

}  // namespace ns::conformance
