#include "plugin/manifest.h"

#include <boost/json.hpp>

namespace ns::plugin {
namespace {

namespace json = boost::json;

// Takes keys out of the manifest and remembers the first that is wrong.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  std::string Text(std::string_view key, bool needed) {
    const json::value* value = Find(key, needed);
    if (!value) return "";
    if (value->is_string() && !(needed && value->get_string().empty()))
      return std::string(value->get_string());
    return Complain(key, "must be a non-empty string"), "";
  }

  std::vector<std::string> Texts(std::string_view key, bool needed) {
    const json::value* value = Find(key, needed);
    if (!value) return {};
    std::vector<std::string> texts;
    if (value->is_array()) {
      for (const json::value& item : value->get_array()) {
        if (item.is_string()) texts.emplace_back(item.get_string());
      }
      if (texts.size() == value->get_array().size() && !texts.empty()) return texts;
    }
    return Complain(key, "must be a non-empty list of strings"), std::vector<std::string>();
  }

  std::string Object(std::string_view key) {
    const json::value* value = Find(key, false);
    if (!value) return "";
    if (!value->is_object()) Complain(key, "must be an object");
    return json::serialize(*value);
  }

  uint32_t Number(std::string_view key) {
    const json::value* value = Find(key, true);
    if (!value) return 0;
    boost::system::error_code error;
    const auto number = value->to_number<uint32_t>(error);
    if (error) Complain(key, "must be a whole number");
    return error ? 0 : number;
  }

  const Status& problem() const { return problem_; }

 private:
  const json::value* Find(std::string_view key, bool needed) {
    const json::value* value = object_.if_contains(key);
    if (!value && needed) Complain(key, "is missing");
    return value;
  }
  void Complain(std::string_view key, std::string_view rule) {
    if (problem_.ok())
      problem_ = Invalid("its key `" + std::string(key) + "` " + std::string(rule));
  }

  const json::object& object_;
  Status problem_;
};

Status ParseAbi(const json::object& object, Manifest& manifest) {
  const json::value* abi = object.if_contains("abi");
  if (!abi || !abi->is_object())
    return Invalid("its key `abi` must be an object {\"major\", \"minor\", \"needs_minor\"}");
  Fields fields(abi->get_object());
  manifest.abi_major = fields.Number("major");
  manifest.abi_minor = fields.Number("minor");
  manifest.abi_needs_minor = fields.Number("needs_minor");
  return fields.problem();
}

}  // namespace

Result<Manifest> ParseManifest(std::string_view text) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  if (error) return Invalid("it is not JSON: " + error.message());
  if (!document.is_object()) return Invalid("it must be a JSON object");
  Fields fields(document.get_object());
  Manifest manifest;
  manifest.id = fields.Text("id", true);
  manifest.name = fields.Text("name", false);
  manifest.version = fields.Text("version", true);
  manifest.licence = fields.Text("licence", true);
  manifest.kinds = fields.Texts("kinds", true);
  manifest.interfaces = fields.Texts("interfaces", true);
  manifest.config_schema = fields.Object("config_schema");
  manifest.app_schema = fields.Object("app_schema");
  NS_TRY(fields.problem());
  NS_TRY(ParseAbi(document.get_object(), manifest));
  return manifest;
}

}  // namespace ns::plugin
