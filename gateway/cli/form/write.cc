#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <boost/json.hpp>

#include "form/form.h"

namespace ns::cli::form {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsOneOf(char c, const char* set) {
  return c != '\0' && std::string(set).find(c) != std::string::npos;
}

// Plain where no YAML of any version reads anything but a text in it.
bool IsPlain(const std::string& text) {
  static const std::vector<std::string> kWords = {"true", "false", "null", "yes", "no",
                                                  "on",   "off",   "y",    "n"};
  if (text.empty() || text.size() > 1000) return false;
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (std::ranges::find(kWords, lower) != kWords.end()) return false;
  const bool safe_start = std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '/' ||
                          text[0] == '_' ||
                          (text[0] == '.' && (text.size() == 1 || text[1] == '/'));
  return safe_start && text.back() != ':' && std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || IsOneOf(c, "/_.-+@:=");
         });
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char escape[8];
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7f)
      std::snprintf(escape, sizeof(escape), "\\x%02x", byte), out += escape;
    else
      out += c;
  }
  return out + "\"";
}

// Lines of text as a block, where nothing is lost by it.
bool IsBlock(const std::string& text) {
  if (text.find('\n') == std::string::npos || IsOneOf(text[0], " \t\n")) return false;
  if (text.ends_with("\n\n") || text == "\n") return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && text[i] != '\n') || byte >= 0x7f) return false;
    if (text[i] == ' ' && (i + 1 == text.size() || text[i + 1] == '\n')) return false;
  }
  return true;
}

class Writer {
 public:
  std::string Take() { return std::move(text_); }

  void Line(const std::string& line) {
    text_ += std::string(indent_, ' ');
    if (item_) text_.replace(text_.size() - 2, 2, "- ");
    item_ = false;
    text_ += line + "\n";
  }
  void Text(const std::string& key, const std::string& value) {
    if (!IsBlock(value)) return Line(key + ": " + Scalar(value));
    Line(key + (value.ends_with('\n') ? ": |" : ": |-"));
    size_t begin = 0;
    while (begin < value.size()) {
      const size_t end = std::min(value.find('\n', begin), value.size());
      const std::string line = value.substr(begin, end - begin);
      text_ += line.empty() ? "\n" : std::string(indent_ + 2, ' ') + line + "\n";
      begin = end + 1;
    }
  }
  static std::string Scalar(const std::string& value) {
    return IsPlain(value) ? value : Quoted(value);
  }
  void Open(const std::string& key) {
    Line(key + ":");
    indent_ += 2;
  }
  void Close() { indent_ -= 2; }
  // The lines until the end are one item of a list.
  void BeginItem() { indent_ += 2, item_ = true; }
  void EndItem() { indent_ -= 2, item_ = false; }

  // One a line.
  void Lines(const std::string& key, const std::vector<std::string>& values) {
    Open(key);
    for (const std::string& value : values) {
      BeginItem();
      Line(Scalar(value));
      EndItem();
    }
    Close();
  }
  void Texts(const std::string& key, const std::vector<std::string>& values) {
    std::string line;
    for (const std::string& value : values) line += (line.empty() ? "" : ", ") + Scalar(value);
    Line(key + ": [" + line + "]");
  }

  // The fields that are not at their default. `flat`: those of inner messages beside the others.
  void Fields(const Message& message, bool flat) {
    const auto& descriptor = *message.GetDescriptor();
    for (int i = 0; i < descriptor.field_count(); ++i) Field(message, *descriptor.field(i), flat);
  }

  // One message by itself.
  void Part(const std::string& key, const Message& message) {
    if (message.ByteSizeLong() == 0) return Line(key + ": {}");
    Open(key);
    Fields(message, false);
    Close();
  }
  // Lists stand on one line, as JSON, which YAML is.
  void Members(const boost::json::object& object) {
    for (const auto& member : object) {
      const std::string key = Scalar(std::string(member.key()));
      const boost::json::value& value = member.value();
      if (value.is_string()) {
        Text(key, std::string(value.get_string()));
      } else if (value.is_object() && !value.get_object().empty()) {
        Open(key);
        Members(value.get_object());
        Close();
      } else {
        Line(key + ": " + boost::json::serialize(value));
      }
    }
  }

 private:
  void Field(const Message& message, const FieldDescriptor& field, bool flat) {
    const auto& reflection = *message.GetReflection();
    if (!reflection.HasField(message, &field)) return;
    const std::string& key = field.json_name();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return Text(key, reflection.GetString(message, &field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return Line(key + ": " + (reflection.GetBool(message, &field) ? "true" : "false"));
      case FieldDescriptor::CPPTYPE_INT32:
        return Line(key + ": " + std::to_string(reflection.GetInt32(message, &field)));
      case FieldDescriptor::CPPTYPE_ENUM: {
        std::string word = reflection.GetEnum(message, &field)->name();
        for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return Line(key + ": " + word);
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (flat) return Fields(reflection.GetMessage(message, &field), false);
        Open(key);
        Fields(reflection.GetMessage(message, &field), false);
        return Close();
      default:
        return;
    }
  }

  std::string text_;
  size_t indent_ = 0;
  bool item_ = false;
};

std::string WordOf(platform::EnvScope scope) {
  switch (scope) {
    case platform::ENV_SCOPE_RUN:
      return "run";
    case platform::ENV_SCOPE_BUILD:
      return "build";
    default:
      return "both";
  }
}

std::string FromText(const ValueFrom& from) {
  return std::string("valueFrom: {") + (from.kind == ValueFrom::kEnv ? "env: " : "file: ") +
         Writer::Scalar(from.name) + "}";
}

void WriteVariable(Writer& out, const std::string& key, const Variable& variable,
                   platform::EnvScope usual) {
  const std::string name = Writer::Scalar(key);
  const bool scoped = variable.scope != platform::ENV_SCOPE_UNSPECIFIED && variable.scope != usual;
  if (variable.value && !scoped && !variable.secret) return out.Text(name, *variable.value);
  std::string line;
  const auto add = [&](const std::string& part) { line += (line.empty() ? "" : ", ") + part; };
  if (variable.secret) add("secret: true");
  if (variable.value) add("value: " + Quoted(*variable.value));
  if (variable.from) add(FromText(*variable.from));
  if (scoped) add("scope: " + WordOf(variable.scope));
  out.Line(name + ": {" + line + "}");
}

void WriteEnv(Writer& out, const Application& app) {
  const auto usual = app.build ? UsualScope(*app.build) : platform::ENV_SCOPE_UNSPECIFIED;
  if (app.env->empty()) return out.Line("env: {}");
  out.Open("env");
  for (const auto& [key, variable] : *app.env) WriteVariable(out, key, variable, usual);
  out.Close();
}

void WriteAuth(Writer& out, const Auth& auth) {
  if (auth.method == api::Repository::NONE) return out.Line("auth: {method: none}");
  std::string line = auth.method == api::Repository::BASIC ? "method: basic" : "method: ssh";
  if (!auth.user.empty()) line += ", user: " + Writer::Scalar(auth.user);
  if (auth.password) line += ", " + FromText(*auth.password);
  if (!auth.key.empty()) line += ", key: " + Writer::Scalar(auth.key);
  if (!auth.password && auth.key.empty()) line += ", secret: true";
  out.Line("auth: {" + line + "}");
}

void WriteOther(Writer& out, const platform::ApplicationForm& other) {
  boost::json::error_code error;
  const auto settings = boost::json::parse(other.build().settings(), error);
  if (!error && settings.is_object()) out.Members(settings.get_object());
  if (other.has_site()) out.Part("site", other.site());
  if (other.run().ByteSizeLong() > 0) out.Part("run", other.run());
}

void WriteBuild(Writer& out, const Build& build) {
  out.Open("build");
  out.Text("method", MethodOf(build));
  const auto& reflection = *build.known.GetReflection();
  const auto* chosen =
      reflection.GetOneofFieldDescriptor(build.known, build.known.GetDescriptor()->oneof_decl(0));
  if (chosen)
    out.Fields(reflection.GetMessage(build.known, chosen), true);
  else
    WriteOther(out, build.other);
  out.Close();
}

template <class M>
void WriteMessages(Writer& out, const std::string& key, const std::vector<M>& messages) {
  if (messages.empty()) return out.Line(key + ": []");
  out.Open(key);
  for (const M& message : messages) {
    out.BeginItem();
    out.Fields(message, false);
    out.EndItem();
  }
  out.Close();
}

void WriteRepository(Writer& out, const Repository& repo) {
  out.Text("name", repo.name);
  if (!repo.id.empty()) out.Text("id", repo.id);
  if (repo.url) out.Text("url", *repo.url);
  if (repo.auth) WriteAuth(out, *repo.auth);
  if (repo.host_keys) out.Lines("hostKeys", *repo.host_keys);
  if (repo.owners) out.Texts("owners", *repo.owners);
}

void WriteApplication(Writer& out, const Application& app) {
  out.Text("name", app.name);
  if (!app.id.empty()) out.Text("id", app.id);
  if (app.repository) out.Text("repository", *app.repository);
  if (app.ref) out.Text("ref", *app.ref);
  if (app.running) out.Line(std::string("running: ") + (*app.running ? "true" : "false"));
  if (app.build && !MethodOf(*app.build).empty()) WriteBuild(out, *app.build);
  if (app.strategy) out.Line("strategy: " + NameOf(*app.strategy));
  if (app.backend) out.Text("backend", *app.backend);
  if (app.websites) WriteMessages(out, "websites", *app.websites);
  if (app.ports) WriteMessages(out, "portPublications", *app.ports);
  if (app.env) WriteEnv(out, app);
  if (app.owners) out.Texts("owners", *app.owners);
}

template <class Items, class WriteOne>
void WriteList(Writer& out, const std::string& key, const Items& items, const WriteOne& write) {
  if (items.empty()) return;
  out.Open(key);
  for (const auto& item : items) {
    out.BeginItem();
    write(out, item);
    out.EndItem();
  }
  out.Close();
}

}  // namespace

std::string Write(const Form& form) {
  Writer out;
  if (form.whole) out.Line("whole: true");
  WriteList(out, "repositories", form.repositories, WriteRepository);
  WriteList(out, "applications", form.applications, WriteApplication);
  return out.Take();
}

}  // namespace ns::cli::form
