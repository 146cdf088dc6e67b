#define VALIJSON_USE_EXCEPTIONS 1  // else it ends the process at a schema that is none
#include "json/check.h"

#include <algorithm>
#include <boost/json.hpp>
#include <exception>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

namespace ns::json {
namespace {

using Adapter = valijson::adapters::BoostJsonAdapter;

// "/traefik/provider" of valijson's {"<root>", "[traefik]", "[provider]"}.
std::string PointerOf(const std::vector<std::string>& context) {
  std::string pointer;
  for (const std::string& step : context) {
    if (step.starts_with('[') && step.ends_with(']'))
      pointer += "/" + step.substr(1, step.size() - 2);
  }
  return pointer.empty() ? "/" : pointer;
}

std::string Describe(valijson::ValidationResults& results) {
  std::string text;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    if (error.description.find("schema associated with property name") != std::string::npos)
      continue;  // says again what was said of the part
    if (!text.empty()) text += "; ";
    text += PointerOf(error.context) + ": " + error.description;
  }
  return text;
}

// Throws what valijson throws at a schema that is none.
Status Check(const boost::json::value& schema_document, const boost::json::value& document) {
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(Adapter(schema_document), schema);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(schema, Adapter(document), &results)) return {};
  return Invalid(Describe(results));
}

boost::json::value Sorted(const boost::json::value& value) {
  if (const auto* array = value.if_array()) {
    boost::json::array out;
    for (const auto& one : *array) out.push_back(Sorted(one));
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  std::vector<const boost::json::key_value_pair*> members;
  for (const auto& member : *object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const auto* member) { return member->key(); });
  boost::json::object out;
  for (const auto* member : members) out.emplace(member->key(), Sorted(member->value()));
  return out;
}

}  // namespace

Result<std::string> CanonicalObject(std::string_view text) {
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error) return Invalid("it is not JSON: " + error.message());
  if (!value.is_object()) return Invalid("it is no JSON object");
  return boost::json::serialize(Sorted(value));
}

Status CheckSchema(std::string_view schema, std::string_view document) {
  boost::system::error_code error;
  const auto value = boost::json::parse(document, error);
  if (error) return Invalid("it is not JSON: " + error.message());
  if (schema.empty()) return {};
  const auto schema_value = boost::json::parse(schema, error);
  if (error) return Invalid("the schema is not JSON: " + error.message());
  try {
    return Check(schema_value, value);
  } catch (const std::exception& problem) {
    return Invalid(std::string("the schema cannot be used: ") + problem.what());
  }
}

}  // namespace ns::json
