#include "rpc/schema.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <optional>
#include <stdexcept>

#include "rpc/plain_json.h"
#include "rpc/utf8.h"

namespace ns::gateway::rpc {
namespace {

namespace pb = google::protobuf;

constexpr const char* kPrefix = "type.googleapis.com";
constexpr size_t kShown = 200;

std::string UrlOf(const std::string& type) { return std::string(kPrefix) + "/" + type; }

// Keeps what is wrong with a descriptor.
class Complaints : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const pb::Message*,
                ErrorLocation, const std::string& message) override {
    if (text.empty()) text = file + ": " + element + ": " + message;
  }
  std::string text;
};

void AddMethods(const pb::FileDescriptor& file, std::unordered_map<std::string, Method>& methods) {
  for (int i = 0; i < file.service_count(); ++i) {
    const pb::ServiceDescriptor& service = *file.service(i);
    for (int j = 0; j < service.method_count(); ++j) {
      const pb::MethodDescriptor& method = *service.method(j);
      const std::string name = service.full_name() + "/" + method.name();
      methods.emplace(
          name, Method{name, method.input_type()->full_name(), method.output_type()->full_name(),
                       method.options().idempotency_level() == pb::MethodOptions::NO_SIDE_EFFECTS,
                       method.client_streaming(), method.server_streaming()});
    }
  }
}

Problem Malformed(const std::string& type, std::string_view why) {
  return {NS_E_INVALID,
          "The request is not the JSON of a " + type + ": " + MadeUtf8(why.substr(0, kShown)),
          {},
          0};
}

// A text as the library writes it, which escapes more than it must.
std::optional<std::string> Quoted(pb::util::TypeResolver& common, std::string_view text) {
  pb::StringValue value;
  value.set_value(std::string(text));
  std::string json;
  const auto status = pb::util::BinaryToJsonString(&common, UrlOf("google.protobuf.StringValue"),
                                                   value.SerializeAsString(), &json);
  return status.ok() ? std::optional(std::move(json)) : std::nullopt;
}

// The parser of protobuf is lenient about what stands at the top.
bool IsObject(std::string_view json) {
  const size_t begin = json.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && json[begin] == '{';
}

}  // namespace

Schema::Schema(std::string_view descriptors) : pool_(std::make_unique<pb::DescriptorPool>()) {
  pb::FileDescriptorSet files;
  if (!files.ParseFromArray(descriptors.data(), static_cast<int>(descriptors.size())))
    throw std::invalid_argument("the host's descriptors cannot be read");
  for (const pb::FileDescriptorProto& file : files.file()) {
    Complaints complaints;
    const pb::FileDescriptor* const built = pool_->BuildFileCollectingErrors(file, &complaints);
    if (built == nullptr) throw std::invalid_argument("the host's descriptors: " + complaints.text);
    AddMethods(*built, methods_);
  }
  resolver_.reset(pb::util::NewTypeResolverForDescriptorPool(kPrefix, pool_.get()));
  common_.reset(pb::util::NewTypeResolverForDescriptorPool(
      kPrefix, pb::StringValue::descriptor()->file()->pool()));
}

Schema::~Schema() = default;

const Method* Schema::Find(const std::string& name) const {
  const auto found = methods_.find(name);
  return found == methods_.end() ? nullptr : &found->second;
}

Converted Schema::FromJson(const std::string& type, std::string_view json) const {
  if (!IsUtf8(json)) return Malformed(type, "it is not UTF-8.");
  if (!IsObject(json)) return Malformed(type, "an object is needed, such as {}.");
  std::string wire;
  const auto status = pb::util::JsonToBinaryString(
      resolver_.get(), UrlOf(type), pb::StringPiece(json.data(), json.size()), &wire);
  if (!status.ok())
    return Malformed(type, std::string_view(status.message().data(), status.message().size()));
  return wire;
}

Converted Schema::ToJson(const std::string& type, const std::string& wire) const {
  const auto quoted = [this](std::string_view text) { return Quoted(*common_, text); };
  if (const auto* const plain = pool_->FindMessageTypeByName(type)) {
    if (auto json = PlainJson(*plain, wire, quoted)) return std::move(*json);
  }
  std::string json;
  const auto status = pb::util::BinaryToJsonString(resolver_.get(), UrlOf(type), wire, &json);
  if (status.ok()) return json;
  return Problem{
      NS_E_INTERNAL, "The answer cannot be written as JSON; ask for application/proto.", {}, 0};
}

std::vector<Detail> Schema::Details(std::string_view status) const {
  std::vector<Detail> details = DetailsOf(status);
  for (Detail& detail : details) {
    if (!pool_->FindMessageTypeByName(detail.type)) continue;
    Converted json = ToJson(detail.type, detail.value);
    if (std::string* text = std::get_if<std::string>(&json)) detail.debug = std::move(*text);
  }
  return details;
}

}  // namespace ns::gateway::rpc
