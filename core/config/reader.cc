#include "config/reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/nearest.h"
#include "config/scalars.h"

namespace ns::config {
namespace {

constexpr off_t kMaxSecret = 64 << 10;

std::string Variable(const std::string& key) {
  std::string name = "NS_";
  for (const char c : key)
    name += c == '.' || c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return name;
}

Value Locate(const YAML::Node& node, std::string key, std::string source) {
  const YAML::Mark mark = node.Mark();
  return {node, std::move(key), std::move(source), mark.is_null() ? 0 : mark.line + 1,
          mark.is_null() ? 0 : mark.column + 1};
}

const char* KindOf(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  return node.IsScalar() ? "a text" : "nothing";
}

std::string ReadSecretFile(const std::string& path, Secret& out) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return "names a file that cannot be read: " + path + ": " + ::strerrordesc_np(errno);
  struct stat info {};
  ::fstat(fd, &info);
  std::string text(static_cast<size_t>(std::clamp<off_t>(info.st_size, 0, kMaxSecret)), '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  ::close(fd);
  if (!S_ISREG(info.st_mode) || info.st_size > kMaxSecret)
    return "names " + path + ", which is no file of at most 64 KiB";
  if ((info.st_mode & 07) != 0)
    return "names " + path + ", which every user of this machine may use: chmod o= " + path;
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  out = Secret(text);
  Wipe(text.data(), text.size());
  return out.empty() ? "names " + path + ", which is empty" : "";
}

}  // namespace

std::string Value::Origin() const {
  return line == 0 ? source : source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

Reader::Reader(std::string file, const Environment& environment, Loaded& loaded)
    : file_(std::move(file)), environment_(environment), loaded_(loaded) {}

Section Reader::Top(const std::string& text) {
  Value top{YAML::Node(YAML::NodeType::Map), "", file_};
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      Fault(Locate(documents[1], "", file_), "must be one YAML document, and a second begins here");
    if (!documents.empty() && !documents[0].IsNull()) top = Locate(documents[0], "", file_);
  } catch (const YAML::Exception& error) {
    loaded_.mistakes.push_back(
        {file_, error.mark.line + 1, error.mark.column + 1, "", "is no YAML: " + error.msg});
  }
  return Section(*this, top);
}

void Reader::Fault(const Value& value, const std::string& message) {
  loaded_.mistakes.push_back({value.source, value.line, value.column, value.key, message});
}

void Reader::Doubt(const Value& value, const std::string& message) {
  loaded_.warnings.push_back({value.source, value.line, value.column, value.key, message, true});
}

std::optional<Value> Reader::FromEnvironment(const std::string& key) {
  const std::string name = Variable(key);
  variables_.push_back(name);
  const auto found = environment_.find(name);
  if (found == environment_.end()) return std::nullopt;
  try {
    return Value{YAML::Load(found->second), key, name};
  } catch (const YAML::Exception& error) {
    Fault({{}, key, name}, "is no YAML: " + error.msg);
    return std::nullopt;
  }
}

std::string Reader::Resolve(const std::string& path) const {
  if (path.empty() || path.front() == '/') return path;
  const size_t slash = file_.rfind('/');
  return slash == std::string::npos ? path : file_.substr(0, slash + 1) + path;
}

void Reader::Finish() {
  for (const auto& [name, value] : environment_) {
    const bool known = !name.starts_with("NS_") ||
                       std::find(variables_.begin(), variables_.end(), name) != variables_.end();
    const std::string nearest = known || name.size() < 6 ? "" : Nearest(name.substr(3), [&] {
      std::vector<std::string> names;
      for (const std::string& variable : variables_) names.push_back(variable.substr(3));
      return names;
    }());
    if (!nearest.empty()) Doubt({{}, "", name}, "is no setting; did you mean NS_" + nearest + "?");
  }
  const auto place = [](const Mistake& one) {
    return std::pair(one.line == 0 ? 1 << 30 : one.line, one.column);
  };
  std::stable_sort(loaded_.mistakes.begin(), loaded_.mistakes.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

Section::Section(Reader& reader, Value value, bool silent)
    : reader_(reader), value_(std::move(value)), silent_(silent) {
  if (value_.node.IsMap() || !value_.node.IsDefined() || value_.node.IsNull()) return;
  reader_.Fault(value_,
                std::string("must be a map of keys and values, not ") + KindOf(value_.node));
  value_.node = YAML::Node(YAML::NodeType::Map);
}

std::optional<Value> Section::Find(const std::string& key) {
  known_.insert(key);
  const std::string path = value_.key.empty() ? key : value_.key + "." + key;
  if (!silent_) {
    if (auto given = reader_.FromEnvironment(path)) return given;
  }
  if (!value_.node.IsMap()) return std::nullopt;
  const YAML::Node node = static_cast<const YAML::Node&>(value_.node)[key];
  if (!node.IsDefined()) return std::nullopt;
  Value found = Locate(node, path, value_.source);
  if (value_.line == 0 && value_.source != reader_.file())
    found.line = found.column = 0;  // given by a variable
  return found;
}

Value Section::At(const std::string& key) {
  if (auto found = Find(key)) return *found;
  Value here = value_;
  here.key = value_.key.empty() ? key : value_.key + "." + key;
  return here;
}

Section Section::Child(const std::string& key) {
  if (auto found = Find(key)) return Section(reader_, *found, silent_);
  return Section(reader_,
                 {YAML::Node(YAML::NodeType::Map),
                  value_.key.empty() ? key : value_.key + "." + key, reader_.file()},
                 silent_);
}

void Section::Note(const Value& where, const std::string& key, std::string shown) {
  if (!silent_)
    reader_.Record(where.key.empty() ? key : where.key, std::move(shown), where.Origin());
}

void Section::Any(const std::string& key, const std::function<void(const Value&)>& read,
                  const std::function<std::string()>& shown) {
  const auto found = Find(key);
  if (found) read(*found);
  const std::string path = value_.key.empty() ? key : value_.key + "." + key;
  Note(found ? *found : Value{{}, path, "default"}, key, shown());
}

template <class T>
void Section::Read(const std::string& key, T& out, const Parser<T>& parse,
                   const std::function<std::string(const T&)>& show) {
  const auto read = [&](const Value& value) {
    T parsed{};
    const std::string mistake = value.node.IsNull()
                                    ? "must have a value; leave the key out for the default"
                                    : parse(value.node, parsed);
    if (mistake.empty()) {
      out = std::move(parsed);
    } else {
      reader_.Fault(value, mistake);
    }
  };
  Any(key, read, [&] { return show(out); });
}

void Section::Text(const std::string& key, std::string& out) {
  Read<std::string>(key, out, ParseText, PlainOrQuoted);
}

void Section::Flag(const std::string& key, bool& out) {
  Read<bool>(key, out, ParseFlag, [](bool value) { return std::string(value ? "true" : "false"); });
}

void Section::Texts(const std::string& key, std::vector<std::string>& out) {
  const Parser<std::vector<std::string>> parse = [](const YAML::Node& node,
                                                    std::vector<std::string>& list) -> std::string {
    if (!node.IsSequence())
      return std::string("must be a list such as [a, b], not ") + KindOf(node);
    for (const auto& item : node) {
      const std::string mistake = ParseText(item, list.emplace_back());
      if (!mistake.empty()) return "must be a list of texts: one " + mistake;
    }
    return "";
  };
  Read<std::vector<std::string>>(key, out, parse, ShowTexts);
}

void Section::Integer(const std::string& key, int& out, int from, int to) {
  const Parser<int> parse = [=](const YAML::Node& node, int& value) {
    std::string text;
    int64_t number = 0;
    std::string mistake = ParseText(node, text);
    if (mistake.empty()) mistake = ParseInteger(text, from, to, number);
    value = static_cast<int>(number);
    return mistake;
  };
  Read<int>(key, out, parse, [](int value) { return std::to_string(value); });
}

void Section::Time(const std::string& key, Duration& out, Duration least) {
  const Parser<Duration> parse = [=](const YAML::Node& node, Duration& value) {
    std::string text;
    std::string mistake = ParseText(node, text);
    if (mistake.empty()) mistake = ParseDuration(text, value);
    if (mistake.empty() && value < least)
      mistake = "must be at least " + FormatDuration(least) + ", not \"" + text + "\"";
    return mistake;
  };
  Read<Duration>(key, out, parse, FormatDuration);
}

void Section::Bytes(const std::string& key, uint64_t& out) {
  const Parser<uint64_t> parse = [](const YAML::Node& node, uint64_t& value) {
    std::string text;
    std::string mistake = ParseText(node, text);
    return mistake.empty() ? ParseBytes(text, value) : mistake;
  };
  Read<uint64_t>(key, out, parse, FormatBytes);
}

void Section::Path(const std::string& key, std::string& out) {
  const Parser<std::string> parse = [this](const YAML::Node& node, std::string& path) {
    std::string mistake = ParseText(node, path);
    path = reader_.Resolve(path);
    return mistake;
  };
  Read<std::string>(key, out, parse, PlainOrQuoted);
}

void Section::Paths(const std::string& key, std::vector<std::string>& out) {
  const size_t before = out.size();
  Texts(key, out);
  for (size_t i = before; i < out.size(); ++i) out[i] = reader_.Resolve(out[i]);
}

void Section::Hidden(const std::string& key, Secret& out) {
  const Parser<Secret> parse = [this](const YAML::Node& node, Secret& secret) {
    return ParseSecret(reader_, node, secret);
  };
  Read<Secret>(key, out, parse, [](const Secret& secret) {
    return std::string(secret.empty() ? "\"\"" : "(secret)");
  });
}

void Section::OneOf(const std::string& key, std::string& out,
                    const std::vector<std::string>& words) {
  const Parser<std::string> parse = [&](const YAML::Node& node, std::string& word) {
    std::string mistake = ParseText(node, word);
    const bool good = std::find(words.begin(), words.end(), word) != words.end();
    return !mistake.empty() || good ? mistake
                                    : Quote(word) + " is not known" + Suggestion(word, words);
  };
  Read<std::string>(key, out, parse, PlainOrQuoted);
}

void Section::Items(const std::string& key, const std::function<void(Reader&, const Value&)>& item,
                    const std::function<std::string()>& shown) {
  const auto read = [&](const Value& value) {
    if (!value.node.IsSequence())
      return reader_.Fault(value, std::string("must be a list, not ") + KindOf(value.node));
    for (size_t i = 0; i < value.node.size(); ++i) {
      Value one = Locate(value.node[i], value.key + "[" + std::to_string(i) + "]", value.source);
      if (value.line == 0) one.line = one.column = 0;
      item(reader_, one);
    }
  };
  Any(key, read, shown);
}

void Section::Close() {
  std::set<std::string> seen;
  if (!value_.node.IsMap()) return;
  for (const auto& entry : value_.node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    Value where =
        Locate(entry.first, value_.key.empty() ? key : value_.key + "." + key, value_.source);
    if (value_.line == 0 && value_.source != reader_.file()) where.line = where.column = 0;
    if (!seen.insert(key).second) {
      reader_.Fault(where, "is given twice");
    } else if (!known_.contains(key)) {
      reader_.Fault(where, "is not known" + Suggestion(key, {known_.begin(), known_.end()}));
    }
  }
}

std::string ParseText(const YAML::Node& node, std::string& out) {
  if (!node.IsScalar()) return std::string("must be a text, not ") + KindOf(node);
  out = node.Scalar();
  if (out.find('\0') != std::string::npos) return "must hold no NUL";
  return "";
}

std::string ParseFlag(const YAML::Node& node, bool& out) {
  std::string text;
  const std::string mistake = ParseText(node, text);
  if (!mistake.empty()) return mistake;
  out = text == "true";
  return text == "true" || text == "false" ? "" : "must be true or false, not " + Quote(text);
}

std::string ParseSecret(const Reader& reader, const YAML::Node& node, Secret& out) {
  std::string text;
  if (!node.IsMap()) {
    const std::string mistake = ParseText(node, text);
    out = Secret(text);
    return mistake.empty() ? "" : "must be a text or {file: PATH}";
  }
  const YAML::Node file = node["file"];
  if (!file.IsDefined() || node.size() != 1 || !ParseText(file, text).empty())
    return "must be a text or {file: PATH}";
  return ReadSecretFile(reader.Resolve(text), out);
}

std::string ShowTexts(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + PlainOrQuoted(text);
  return out + "]";
}

}  // namespace ns::config
