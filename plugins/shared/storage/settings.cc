#include "storage/settings.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

#include "ns/sdk/storage.h"

namespace ns::storage {

namespace json = boost::json;

sdk::Error Invalid(const std::string& what) {
  return sdk::Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator);
}

json::object ParseSettings(const std::string& text, const char* plugin) {
  json::error_code error;
  json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Invalid(std::string("The configuration of ") + plugin + " is no JSON object.");
  return std::move(value.get_object());
}

std::string Text(const json::object& from, const char* name, const std::string& otherwise) {
  const json::value* value = from.if_contains(name);
  if (!value) return otherwise;
  if (!value->is_string()) throw Invalid(std::string(name) + " is no text.");
  return std::string(value->get_string());
}

uint64_t PartSize(const json::object& from, uint64_t otherwise, int64_t least) {
  const json::value* size = from.if_contains("part_size");
  if (!size) return otherwise;
  if (!size->is_int64() || size->get_int64() < least)
    throw Invalid("part_size is " + json::serialize(*size) +
                  "; it must be a number of bytes, at least " + std::to_string(least) + ".");
  return static_cast<uint64_t>(size->get_int64());
}

std::string Prefix(const json::object& from) {
  std::string prefix = Text(from, "prefix");
  if (!prefix.empty() &&
      (prefix.size() > 200 || !prefix.ends_with('/') || !sdk::IsStorageKey(prefix + "x")))
    throw Invalid("prefix is \"" + prefix +
                  "\"; it must be names of [a-z0-9._-], each with a slash behind it.");
  return prefix;
}

Credential Secret(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  Credential credential;
  if (value && value->is_string()) credential.text = std::string(value->get_string());
  if (value && value->is_object()) credential.file = Text(value->get_object(), "file");
  if (credential.text.empty() && !credential.file.starts_with('/'))
    throw Invalid(std::string(name) + " must be a text, or {file: PATH} with an absolute path.");
  return credential;
}

std::string Read(const Credential& credential, const char* name) {
  if (!credential.text.empty()) return credential.text;
  std::ifstream file(credential.file);
  std::string line;
  std::getline(file, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (!line.empty()) return line;
  throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED,
                   std::string(name) + ": the file " + credential.file +
                       " cannot be read, or its first line is empty.",
                   sdk::Fault::kOperator);
}

bool Only(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
  });
}

}  // namespace ns::storage
