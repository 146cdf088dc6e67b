#include "form/free_settings.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <vector>

#include "form/yaml_reader.h"

namespace ns::cli::form {
namespace {

namespace json = boost::json;

constexpr const char* kOwn[] = {"method", "run", "site"};  // keys of `build` in the form
constexpr int kDeepest = 30;        // levels; the server reads no more than 32 of JSON
constexpr int kMostValues = 10000;  // aliases can make a short document a very long one

json::value Sorted(const json::value& value) {
  if (const auto* array = value.if_array()) {
    json::array out;
    for (const auto& one : *array) out.push_back(Sorted(one));
    return out;
  }
  const auto* object = value.if_object();
  if (!object) return value;
  std::map<std::string, json::value> members;
  for (const auto& member : *object) members.emplace(member.key(), Sorted(member.value()));
  json::object out;
  for (auto& [name, member] : members) out.emplace(name, std::move(member));
  return out;
}

json::object ObjectOf(const std::string& settings) {
  json::error_code error;
  const json::value value = json::parse(settings, error);
  return !error && value.is_object() ? value.get_object() : json::object();
}

class FreeReader {
 public:
  explicit FreeReader(YamlReader& reader) : reader_(reader) {}

  json::value Value(const YAML::Node& node, const std::string& field, int depth) {
    if (full_) return nullptr;
    if (depth > kDeepest || ++count_ > kMostValues) {
      full_ = true;
      reader_.Fault(node, field,
                    depth > kDeepest ? "must be at most 30 levels deep"
                                     : "must be among the first 10000 values of the settings");
      return nullptr;
    }
    reader_.Note(node, field);
    if (node.IsMap()) return Map(node, field, depth);
    if (node.IsSequence()) return List(node, field, depth);
    return Scalar(node, field);
  }

 private:
  json::value Map(const YAML::Node& node, const std::string& field, int depth) {
    json::object out;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        reader_.Fault(entry.first, field, "must have texts as keys");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      const std::string path = field + "." + key;
      if (!out.emplace(key, Value(entry.second, path, depth + 1)).second)
        reader_.Fault(entry.first, path, "is given twice");
    }
    return out;
  }

  json::value List(const YAML::Node& node, const std::string& field, int depth) {
    json::array out;
    reader_.Items(node, field, [&](const YAML::Node& item, const std::string& path) {
      out.push_back(Value(item, path, depth + 1));
    });
    return out;
  }

  json::value Scalar(const YAML::Node& node, const std::string& field) {
    std::string text;
    if (node.IsNull() || !reader_.Text(node, field, text)) return nullptr;
    json::error_code error;
    const json::value plain =
        node.Tag() == "?" ? json::parse(text, error) : json::value(json::string(text));
    return error ? json::value(json::string(text)) : plain;
  }

  YamlReader& reader_;
  int count_ = 0;
  bool full_ = false;
};

}  // namespace

std::string Canonical(const std::string& settings) {
  if (settings.empty()) return "{}";
  json::error_code error;
  const json::value value = json::parse(settings, error);
  return error || !value.is_object() ? settings : json::serialize(Sorted(value));
}

std::string TakeSettings(Fields& build) {
  FreeReader reader(build.reader());
  json::object out;
  for (const auto& entry : build.node()) {
    if (!entry.first.IsScalar()) continue;
    const std::string& key = entry.first.Scalar();
    if (std::ranges::find(kOwn, key) != std::end(kOwn)) continue;
    build.Find(key);
    out.emplace(key, reader.Value(entry.second, build.Of(key), 1));
  }
  return json::serialize(Sorted(out));
}

std::string WithSetting(const std::string& settings, const std::string& name,
                        const std::string& value) {
  json::object all = ObjectOf(settings);
  json::error_code error;
  const json::value given = json::parse(value, error);
  all[name] = error ? json::value(json::string(value)) : given;
  return json::serialize(Sorted(all));
}

std::string ClashIn(const std::string& settings) {
  const json::object all = ObjectOf(settings);
  for (const char* name : kOwn) {
    if (all.contains(name)) return name;
  }
  return "";
}

}  // namespace ns::cli::form
