// Reads one YAML document key by key and notes every mistake and where each field stands.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "form/form.h"

namespace google::protobuf {
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace ns::cli::form {

class YamlReader {
 public:
  explicit YamlReader(Read& read) : read_(read) {}

  void Fault(const YAML::Node& at, const std::string& field, const std::string& message);
  // Notes where `field` stands.
  void Note(const YAML::Node& at, const std::string& field);
  // A text (or number, or flag, as it is written); false and a mistake where it is none.
  bool Text(const YAML::Node& node, const std::string& field, std::string& out);
  bool Flag(const YAML::Node& node, const std::string& field, bool& out);
  bool Integer(const YAML::Node& node, const std::string& field, int from, int to, int& out);
  // One of `words`.
  bool Word(const YAML::Node& node, const std::string& field, const std::vector<std::string>& words,
            std::string& out);
  // That a text breaks a rule: "must be ..., not "text"".
  void Fault(const YAML::Node& at, const std::string& field, const std::string& rule,
             const std::string& text);
  // Each item of a list, with its field.
  void Items(const YAML::Node& node, const std::string& field,
             const std::function<void(const YAML::Node&, const std::string&)>& item);

 private:
  Read& read_;
};

// One map. Every key that it may hold is asked for; Close() reports the others.
class Fields {
 public:
  Fields(YamlReader& reader, const YAML::Node& node, std::string field);

  // Not there: not defined.
  YAML::Node Find(const std::string& key);
  std::string Of(const std::string& key) const;  // the field of a key
  void Text(const std::string& key, std::string& out);
  void Text(const std::string& key, std::optional<std::string>& out);
  void Flag(const std::string& key, bool& out);
  void Close();
  YamlReader& reader() { return reader_; }
  const YAML::Node& node() const { return node_; }
  const std::string& field() const { return field_; }

 private:
  YamlReader& reader_;
  YAML::Node node_;
  const std::string field_;
  std::set<std::string> known_;
};

// The one field of `message`, where `fields` gives it.
void TakeField(Fields& fields, const google::protobuf::FieldDescriptor& field,
               google::protobuf::Message& message);
// The fields of `message` that `fields` gives, by their JSON names; enums as words in lower case.
void TakeMessage(Fields& fields, google::protobuf::Message& message);

}  // namespace ns::cli::form
