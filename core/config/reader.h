// Reads one YAML document key by key, and notes every mistake and where each value came from.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "config/config.h"

namespace ns::config {

// A value with the place it was written at.
struct Value {
  YAML::Node node;
  std::string key;     // "git.list_timeout"
  std::string source;  // file, or the name of a variable
  int line = 0, column = 0;
  std::string Origin() const;  // "config.yaml:3:5", "NS_DATA"
};

class Section;

// What all sections of one document share.
class Reader {
 public:
  Reader(std::string file, const Environment& environment, Loaded& loaded);

  // The top of the document; a mistake where the text is no YAML map.
  Section Top(const std::string& text);
  void Fault(const Value& value, const std::string& message);
  void Doubt(const Value& value, const std::string& message);
  void Record(const std::string& key, std::string value, std::string origin) {
    loaded_.values.push_back({key, std::move(value), std::move(origin)});
  }
  // The value that a variable gives for `key`.
  std::optional<Value> FromEnvironment(const std::string& key);
  // `path` as the file means it.
  std::string Resolve(const std::string& path) const;
  const std::string& file() const { return file_; }
  // Doubts about NS_ variables that look like one of ours but are not; sorts the mistakes.
  void Finish();

 private:
  const std::string file_;
  const Environment& environment_;
  Loaded& loaded_;
  std::vector<std::string> variables_;  // that could have been given
};

// Says what is wrong with a value, or an empty text; else stores it.
template <class T>
using Parser = std::function<std::string(const YAML::Node&, T&)>;

// One map of the document. Every key it may hold is asked for; Close() reports the others.
class Section {
 public:
  // `silent`: an item of a list, whose values are not recorded one by one.
  Section(Reader& reader, Value value, bool silent = false);

  std::optional<Value> Find(const std::string& key);
  bool Has(const std::string& key) { return Find(key).has_value(); }
  Section Child(const std::string& key);
  // Where the map itself, or the named value in it, stands.
  const Value& value() const { return value_; }
  Value At(const std::string& key);

  void Text(const std::string& key, std::string& out);
  void Texts(const std::string& key, std::vector<std::string>& out);
  void Flag(const std::string& key, bool& out);
  void Integer(const std::string& key, int& out, int from, int to);
  void Time(const std::string& key, Duration& out, Duration least = {});
  void Bytes(const std::string& key, uint64_t& out);
  void Path(const std::string& key, std::string& out);
  void Paths(const std::string& key, std::vector<std::string>& out);
  void Hidden(const std::string& key, Secret& out);
  void OneOf(const std::string& key, std::string& out, const std::vector<std::string>& words);
  // A list of maps, or of texts that `item` understands as well.
  void Items(const std::string& key, const std::function<void(Reader&, const Value&)>& item,
             const std::function<std::string()>& shown);
  // Anything; `shown` renders what came of it.
  void Any(const std::string& key, const std::function<void(const Value&)>& read,
           const std::function<std::string()>& shown);

  void Close();

 private:
  template <class T>
  void Read(const std::string& key, T& out, const Parser<T>& parse,
            const std::function<std::string(const T&)>& show);
  void Note(const Value& where, const std::string& key, std::string shown);

  Reader& reader_;
  Value value_;
  bool silent_;
  std::set<std::string> known_;
};

// What is wrong, or an empty text.
std::string ParseText(const YAML::Node& node, std::string& out);
std::string ParseFlag(const YAML::Node& node, bool& out);
// A text, or {file: path} of a file that others may not read.
std::string ParseSecret(const Reader& reader, const YAML::Node& node, Secret& out);
// "[a, b]".
std::string ShowTexts(const std::vector<std::string>& texts);

}  // namespace ns::config
