#include "build/settings.h"

#include <boost/json.hpp>

namespace ns::build {
namespace {

namespace json = boost::json;

std::string TextAt(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  if (!value || value->is_null()) return "";
  if (!value->is_string())
    throw Refused(NS_REASON_SETTINGS_INVALID, std::string("The setting \"") + name +
                                                  "\" is no text; give it as a JSON string.");
  return std::string(value->get_string());
}

}  // namespace

sdk::Error Refused(const char* reason, const std::string& message) {
  return sdk::Error(NS_E_INVALID, reason, message, sdk::Fault::kSource);
}

std::map<std::string, std::string> TextSettings(const std::string& text,
                                                std::initializer_list<const char*> names) {
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Refused(NS_REASON_SETTINGS_INVALID, "The build settings are no JSON object.");
  std::map<std::string, std::string> texts;
  for (const char* name : names) texts.emplace(name, TextAt(value.get_object(), name));
  return texts;
}

}  // namespace ns::build
