#include "form/yaml_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <charconv>

#include "nearest.h"
#include "text.h"

namespace ns::cli::form {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kShown = 60;  // characters of a value in a message

const char* KindOf(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  return node.IsScalar() ? "a text" : "nothing";
}

std::string Quoted(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return "\"" + text + "\"";
}

std::vector<std::string> WordsOf(const EnumDescriptor& descriptor) {
  std::vector<std::string> words;
  for (int i = 0; i < descriptor.value_count(); ++i)
    words.push_back(Lowered(descriptor.value(i)->name()));
  return words;
}

// Ports are ports; other whole numbers are not negative.
std::pair<int, int> RangeOf(const FieldDescriptor& field) {
  const bool port = Lowered(field.name()).ends_with("port");
  return port ? std::pair(1, 65535) : std::pair(0, 1 << 30);
}

void TakeValue(YamlReader& reader, const YAML::Node& node, const std::string& path,
               const FieldDescriptor& field, Message& message) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (std::string text; reader.Text(node, path, text))
        reflection.SetString(&message, &field, text);
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (bool flag = false; reader.Flag(node, path, flag))
        reflection.SetBool(&message, &field, flag);
      return;
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto [from, to] = RangeOf(field);
      if (int number = 0; reader.Integer(node, path, from, to, number))
        reflection.SetInt32(&message, &field, number);
      return;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto words = WordsOf(*field.enum_type());
      std::string word;
      if (!reader.Word(node, path, words, word)) return;
      const auto found = std::find(words.begin(), words.end(), word) - words.begin();
      reflection.SetEnum(&message, &field, field.enum_type()->value(static_cast<int>(found)));
      return;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Fields inner(reader, node, path);
      TakeMessage(inner, *reflection.MutableMessage(&message, &field));
      return inner.Close();
    }
    default:
      return reader.Fault(node, path, "is nothing that this program can read");
  }
}

}  // namespace

void YamlReader::Fault(const YAML::Node& at, const std::string& field, const std::string& message) {
  const YAML::Mark mark = at.Mark();
  read_.mistakes.push_back({{mark.line + 1, mark.column + 1}, field, message});
}

void YamlReader::Fault(const YAML::Node& at, const std::string& field, const std::string& rule,
                       const std::string& text) {
  Fault(at, field, rule + ", not " + Quoted(text));
}

void YamlReader::Note(const YAML::Node& at, const std::string& field) {
  const YAML::Mark mark = at.Mark();
  read_.places[field] = {mark.line + 1, mark.column + 1};
}

bool YamlReader::Text(const YAML::Node& node, const std::string& field, std::string& out) {
  if (node.IsNull()) {
    Fault(node, field, "must have a value; \"\" is an empty text");
    return false;
  }
  if (!node.IsScalar()) {
    Fault(node, field, std::string("must be a text, not ") + KindOf(node));
    return false;
  }
  if (node.Scalar().find('\0') != std::string::npos) {
    Fault(node, field, "must hold no NUL");
    return false;
  }
  out = node.Scalar();
  return true;
}

bool YamlReader::Flag(const YAML::Node& node, const std::string& field, bool& out) {
  std::string text;
  if (!Text(node, field, text)) return false;
  out = text == "true";
  if (out || text == "false") return true;
  Fault(node, field, "must be true or false, not " + Quoted(text));
  return false;
}

bool YamlReader::Integer(const YAML::Node& node, const std::string& field, int from, int to,
                         int& out) {
  std::string text;
  if (!Text(node, field, text)) return false;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error == std::errc() && stop == end && out >= from && out <= to) return true;
  Fault(node, field,
        "must be a whole number from " + std::to_string(from) + " to " + std::to_string(to) +
            ", not " + Quoted(text));
  return false;
}

bool YamlReader::Word(const YAML::Node& node, const std::string& field,
                      const std::vector<std::string>& words, std::string& out) {
  if (!Text(node, field, out)) return false;
  if (std::find(words.begin(), words.end(), out) != words.end()) return true;
  Fault(node, field, Quoted(out) + " is not known" + Suggestion(out, words));
  return false;
}

void YamlReader::Items(const YAML::Node& node, const std::string& field,
                       const std::function<void(const YAML::Node&, const std::string&)>& item) {
  if (!node.IsSequence())
    return Fault(node, field, std::string("must be a list, not ") + KindOf(node));
  for (size_t i = 0; i < node.size(); ++i) {
    const std::string path = field + "[" + std::to_string(i) + "]";
    Note(node[i], path);
    item(node[i], path);
  }
}

Fields::Fields(YamlReader& reader, const YAML::Node& node, std::string field)
    : reader_(reader), node_(node), field_(std::move(field)) {
  if (node_.IsMap()) return;
  reader_.Fault(node_, field_,
                std::string("must be a map of keys and values, not ") + KindOf(node_));
  node_.reset(YAML::Node(YAML::NodeType::Map));
}

std::string Fields::Of(const std::string& key) const {
  return field_.empty() ? key : field_ + "." + key;
}

YAML::Node Fields::Find(const std::string& key) {
  known_.insert(key);
  const YAML::Node found = static_cast<const YAML::Node&>(node_)[key];
  if (found.IsDefined()) reader_.Note(found, Of(key));
  return found;
}

void Fields::Text(const std::string& key, std::string& out) {
  const YAML::Node node = Find(key);
  if (node.IsDefined()) reader_.Text(node, Of(key), out);
}

void Fields::Text(const std::string& key, std::optional<std::string>& out) {
  const YAML::Node node = Find(key);
  if (std::string text; node.IsDefined() && reader_.Text(node, Of(key), text)) out = text;
}

void Fields::Flag(const std::string& key, bool& out) {
  const YAML::Node node = Find(key);
  if (node.IsDefined()) reader_.Flag(node, Of(key), out);
}

void Fields::Close() {
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (!seen.insert(key).second)
      reader_.Fault(entry.first, Of(key), "is given twice");
    else if (!known_.contains(key))
      reader_.Fault(entry.first, Of(key),
                    "is not known" + Suggestion(key, {known_.begin(), known_.end()}));
  }
}

void TakeField(Fields& fields, const FieldDescriptor& field, Message& message) {
  const YAML::Node node = fields.Find(field.json_name());
  if (node.IsDefined())
    TakeValue(fields.reader(), node, fields.Of(field.json_name()), field, message);
}

void TakeMessage(Fields& fields, Message& message) {
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i)
    TakeField(fields, *descriptor.field(i), message);
}

}  // namespace ns::cli::form
