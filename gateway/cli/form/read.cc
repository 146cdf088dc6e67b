#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "form/form.h"
#include "form/free_settings.h"
#include "form/host_key.h"
#include "form/yaml_reader.h"
#include "nearest.h"

namespace ns::cli::form {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMostText = 4 << 20;  // bytes of a file
constexpr size_t kMostHostKeys = 16;   // that the server takes

const std::map<std::string, platform::EnvScope> kScopes = {{"run", platform::ENV_SCOPE_RUN},
                                                           {"build", platform::ENV_SCOPE_BUILD},
                                                           {"both", platform::ENV_SCOPE_BOTH}};

// {env: NAME} or {file: PATH}.
std::optional<ValueFrom> TakeFrom(Fields& parent) {
  const YAML::Node node = parent.Find("valueFrom");
  if (!node.IsDefined()) return std::nullopt;
  Fields fields(parent.reader(), node, parent.Of("valueFrom"));
  std::optional<std::string> env, file;
  fields.Text("env", env);
  fields.Text("file", file);
  fields.Close();
  if (env.has_value() == file.has_value()) {
    parent.reader().Fault(node, fields.field(),
                          "must be {env: NAME} or {file: PATH}, one of the two");
    return std::nullopt;
  }
  return env ? ValueFrom{ValueFrom::kEnv, *env} : ValueFrom{ValueFrom::kFile, *file};
}

void TakeVariable(YamlReader& reader, const YAML::Node& node, const std::string& path,
                  Variable& out) {
  if (!node.IsMap()) {
    if (std::string text; reader.Text(node, path, text)) out.value = text;
    return;
  }
  Fields fields(reader, node, path);
  fields.Text("value", out.value);
  fields.Flag("secret", out.secret);
  out.from = TakeFrom(fields);
  std::string scope;
  const YAML::Node given = fields.Find("scope");
  if (given.IsDefined() && reader.Word(given, fields.Of("scope"), {"run", "build", "both"}, scope))
    out.scope = kScopes.at(scope);
  fields.Close();
  if (out.secret && out.value)
    reader.Fault(node, path,
                 "is secret, so its value does not stand in a file; valueFrom: {env: NAME} or "
                 "{file: PATH} gives it");
  else if (out.value && out.from)
    reader.Fault(node, path, "has both value and valueFrom; give one of them");
  else if (!out.secret && !out.value && !node["valueFrom"].IsDefined())
    reader.Fault(node, path, "must have value or valueFrom, or be secret: true");
}

void TakeEnv(Fields& app, Application& out) {
  const YAML::Node node = app.Find("env");
  if (!node.IsDefined()) return;
  YamlReader& reader = app.reader();
  out.env.emplace();
  if (!node.IsMap()) return reader.Fault(node, app.Of("env"), "must be a map of names and values");
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const std::string path = app.Of("env") + "." + key;
    reader.Note(entry.first, path);
    if (out.env->contains(key))
      reader.Fault(entry.first, path, "is given twice");
    else
      TakeVariable(reader, entry.second, path, (*out.env)[key]);
  }
}

std::optional<std::vector<std::string>> TakeTexts(Fields& parent, const std::string& key) {
  const YAML::Node node = parent.Find(key);
  if (!node.IsDefined()) return std::nullopt;
  std::vector<std::string> texts;
  parent.reader().Items(node, parent.Of(key), [&](const YAML::Node& item, const std::string& path) {
    std::string text;
    if (parent.reader().Text(item, path, text)) texts.push_back(text);
  });
  return texts;
}

template <class M>
std::optional<std::vector<M>> TakeMessages(Fields& parent, const std::string& key) {
  const YAML::Node node = parent.Find(key);
  if (!node.IsDefined()) return std::nullopt;
  std::vector<M> messages;
  parent.reader().Items(node, parent.Of(key), [&](const YAML::Node& item, const std::string& path) {
    Fields fields(parent.reader(), item, path);
    TakeMessage(fields, messages.emplace_back());
    fields.Close();
  });
  return messages;
}

const FieldDescriptor* FieldOf(std::string method) {
  std::ranges::replace(method, '-', '_');
  return api::ApplicationConfig::descriptor()->FindFieldByName(method);
}

// The settings of a method that is known here, and beside them what its program or site needs.
void TakeKnown(Fields& fields, const FieldDescriptor& method, api::ApplicationConfig& out) {
  Message& config = *out.GetReflection()->MutableMessage(&out, &method);
  const auto& descriptor = *config.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      TakeMessage(fields, *config.GetReflection()->MutableMessage(&config, &field));
    else
      TakeField(fields, field, config);
  }
}

// Of another any settings, which the server looks at, and how the program runs or the site is
// served by itself, so that no setting is taken for that.
void TakeOther(Fields& fields, const std::string& method, platform::ApplicationForm& out) {
  out.mutable_build()->set_method(method);
  const YAML::Node run = fields.Find("run"), site = fields.Find("site");
  const auto take = [&](const YAML::Node& node, const char* key, Message& part) {
    Fields inner(fields.reader(), node, fields.Of(key));
    TakeMessage(inner, part);
    inner.Close();
  };
  if (run.IsDefined() && site.IsDefined())
    fields.reader().Fault(site, fields.Of("site"), "must not stand beside run; give one of them");
  if (run.IsDefined()) take(run, "run", *out.mutable_run());
  if (site.IsDefined()) take(site, "site", *out.mutable_site());
  out.mutable_build()->set_settings(TakeSettings(fields));
}

void TakeBuild(Fields& app, Application& out) {
  const YAML::Node node = app.Find("build");
  if (!node.IsDefined()) return;
  Fields fields(app.reader(), node, app.Of("build"));
  if (!node.IsMap()) return;
  const YAML::Node named = fields.Find("method");
  std::string method;
  if (!named.IsDefined())
    return app.reader().Fault(node, fields.Of("method"),
                              "must say how to build" + Suggestion("", Methods()));
  if (!app.reader().Text(named, fields.Of("method"), method)) return;
  if (IsMisnamed(method)) {
    (void)app.reader().Word(named, fields.Of("method"), Methods(), method);
    return;
  }
  Build& build = out.build.emplace();
  if (const FieldDescriptor* known = FieldOf(method))
    TakeKnown(fields, *known, build.known);
  else
    TakeOther(fields, method, build.other);
  fields.Close();
  Normalise(build);
}

// {method: none}, {method: basic, ...} or {method: ssh, ...}.
void TakeAuth(Fields& repo, Repository& out) {
  const YAML::Node node = repo.Find("auth");
  if (!node.IsDefined()) return;
  YamlReader& reader = repo.reader();
  Fields fields(reader, node, repo.Of("auth"));
  if (!node.IsMap()) return;
  Auth& auth = out.auth.emplace();
  std::string method = "none";
  bool stored = false;
  if (const YAML::Node given = fields.Find("method"); given.IsDefined())
    reader.Word(given, fields.Of("method"), {"none", "basic", "ssh"}, method);
  fields.Text("user", auth.user);
  fields.Text("key", auth.key);
  fields.Flag("secret", stored);
  auth.password = TakeFrom(fields);
  fields.Close();
  auth.method = method == "basic" ? api::Repository::BASIC
                : method == "ssh" ? api::Repository::SSH
                                  : api::Repository::NONE;
  const bool basic = auth.method == api::Repository::BASIC;
  if (!basic && (!auth.user.empty() || auth.password))
    reader.Fault(node, fields.field(), "has user or valueFrom, which only method: basic knows");
  if (basic && auth.user.empty() != !auth.password)
    reader.Fault(node, fields.field(), "must have user and valueFrom, or neither of them");
  if (auth.method != api::Repository::SSH && !auth.key.empty())
    reader.Fault(node, fields.field(), "has a key, which only method: ssh knows");
}

void TakeHostKeys(Fields& repo, Repository& out) {
  const YAML::Node node = repo.Find("hostKeys");
  if (!node.IsDefined()) return;
  YamlReader& reader = repo.reader();
  auto& keys = out.host_keys.emplace();
  reader.Items(node, repo.Of("hostKeys"), [&](const YAML::Node& item, const std::string& path) {
    std::string text;
    if (!reader.Text(item, path, text)) return;
    const HostKey key = ReadHostKey(text);
    if (!key.mistake.empty()) return reader.Fault(item, path, key.mistake, text);
    if (std::ranges::find(keys, key.line) != keys.end())
      return reader.Fault(item, path, "is given twice");
    keys.push_back(key.line);
  });
  if (!node.IsSequence()) return;
  if (node.size() == 0)
    reader.Fault(node, repo.Of("hostKeys"),
                 "must name a key, not []: pins are replaced and never removed; without hostKeys "
                 "what is pinned stays, and `ns repo host-key accept` pins the key that the host "
                 "shows now");
  if (node.size() > kMostHostKeys)
    reader.Fault(node, repo.Of("hostKeys"),
                 "must be at most " + std::to_string(kMostHostKeys) + " keys, not " +
                     std::to_string(node.size()));
}

void NeedName(Fields& fields, const std::string& name) {
  if (name.empty() && fields.node().IsMap() && !fields.node()["name"].IsDefined())
    fields.reader().Fault(fields.node(), fields.Of("name"), "must be given");
}

void TakeRepository(YamlReader& reader, const YAML::Node& node, const std::string& path,
                    Repository& out) {
  out.path = path;
  Fields fields(reader, node, path);
  fields.Text("name", out.name);
  fields.Text("id", out.id);
  fields.Text("url", out.url);
  TakeAuth(fields, out);
  TakeHostKeys(fields, out);
  out.owners = TakeTexts(fields, "owners");
  fields.Close();
  NeedName(fields, out.name);
}

void TakeApplication(YamlReader& reader, const YAML::Node& node, const std::string& path,
                     Application& out) {
  out.path = path;
  Fields fields(reader, node, path);
  fields.Text("name", out.name);
  fields.Text("id", out.id);
  fields.Text("repository", out.repository);
  fields.Text("ref", out.ref);
  if (const YAML::Node running = fields.Find("running"); running.IsDefined())
    reader.Flag(running, fields.Of("running"), out.running.emplace());
  TakeBuild(fields, out);
  std::string strategy;
  if (const YAML::Node given = fields.Find("strategy");
      given.IsDefined() && reader.Word(given, fields.Of("strategy"), Strategies(), strategy))
    out.strategy = StrategyOf(strategy);
  fields.Text("backend", out.backend);
  out.websites = TakeMessages<api::CreateWebsiteRequest>(fields, "websites");
  out.ports = TakeMessages<api::PortPublication>(fields, "portPublications");
  TakeEnv(fields, out);
  out.owners = TakeTexts(fields, "owners");
  fields.Close();
  NeedName(fields, out.name);
  if (!out.websites) return;
  for (auto& website : *out.websites) Normalise(website);
}

// Two of one name need ids, which tell them apart.
template <class Item>
void NoTwins(const std::vector<Item>& items, Read& read) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Item& item : items) {
    if (!item.name.empty() && !seen.insert({item.name, item.id}).second)
      read.mistakes.push_back({read.PlaceOf(item.path + ".name"), item.path + ".name",
                               "\"" + item.name + "\" stands here twice"});
  }
}

void TakeTop(YamlReader& reader, const YAML::Node& top, Form& out) {
  Fields fields(reader, top, "");
  fields.Flag("whole", out.whole);
  if (const YAML::Node repos = fields.Find("repositories"); repos.IsDefined())
    reader.Items(repos, "repositories", [&](const YAML::Node& node, const std::string& path) {
      TakeRepository(reader, node, path, out.repositories.emplace_back());
    });
  if (const YAML::Node apps = fields.Find("applications"); apps.IsDefined())
    reader.Items(apps, "applications", [&](const YAML::Node& node, const std::string& path) {
      TakeApplication(reader, node, path, out.applications.emplace_back());
    });
  fields.Close();
}

void TakeDocument(const std::string& text, Read& read) {
  YamlReader reader(read);
  const auto documents = YAML::LoadAll(text);
  if (documents.size() > 1)
    return reader.Fault(documents[1], "", "must be one YAML document, and a second begins here");
  if (!documents.empty() && !documents[0].IsNull()) TakeTop(reader, documents[0], read.form);
}

}  // namespace

Read Parse(const std::string& text) {
  Read read;
  if (text.size() > kMostText) {
    read.mistakes.push_back({{}, "", "must have at most 4 MiB"});
    return read;
  }
  try {
    TakeDocument(text, read);
  } catch (const YAML::Exception& error) {
    read.mistakes.push_back(
        {{error.mark.line + 1, error.mark.column + 1}, "", "is no YAML: " + error.msg});
  }
  NoTwins(read.form.repositories, read);
  NoTwins(read.form.applications, read);
  std::ranges::stable_sort(read.mistakes, {}, [](const Mistake& one) {
    return std::pair(one.place.line, one.place.column);
  });
  return read;
}

}  // namespace ns::cli::form
