// The one YAML form of repositories and applications: what `ns export` writes, `ns diff` compares
// and `ns apply` makes so (docs/apply.md). Values alone; nothing here asks anybody.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neoshowcase/platform/v1/application.pb.h"
#include "neoshowcase/platform/v1/platform.pb.h"
#include "neoshowcase/protobuf/api.pb.h"

namespace ns::cli::form {

namespace api = neoshowcase::protobuf;
namespace platform = neoshowcase::platform::v1;

// Where something stands in the file, from 1; 0: nowhere.
struct Place {
  int line = 0, column = 0;
};

struct Mistake {
  Place place;
  std::string field, message;  // "applications[0].ref", "must be a text, not a list"
  std::string ToString(const std::string& file) const;  // "file:3:5: field: message"
};

// Where a value that does not stand in the file comes from.
struct ValueFrom {
  enum Kind { kEnv, kFile };
  Kind kind = kEnv;
  std::string name;  // of the variable, or path
  bool operator==(const ValueFrom&) const = default;
};

struct Variable {
  std::optional<std::string> value;  // never of a secret one
  std::optional<ValueFrom> from;
  platform::EnvScope scope = platform::ENV_SCOPE_UNSPECIFIED;  // as it is; of a new one the usual
  bool secret = false;
  bool operator==(const Variable&) const = default;
};

struct Auth {
  api::Repository::AuthMethod method = api::Repository::NONE;
  std::string user, key;              // key: id of a key pair
  std::optional<ValueFrom> password;  // of `user`
  bool operator==(const Auth&) const = default;
};

using Strategy = platform::ApplicationForm::Strategy;

// How an application is built: by a method that is known here, or by another, which a plugin
// brings. One of the two says how, the other is empty.
struct Build {
  api::ApplicationConfig known;
  platform::ApplicationForm other;  // its build, run and site alone
};

// What is absent is left as it is, and takes its default where the thing is new.
struct Repository {
  std::string path;      // in the file: "repositories[0]"
  std::string id, name;  // id: given where the name says too little
  std::optional<std::string> url;
  std::optional<Auth> auth;
  std::optional<std::vector<std::string>> host_keys;  // that its SSH host may show, see ReadHostKey
  std::optional<std::vector<std::string>> owners;     // names of users
};

struct Application {
  std::string path;
  std::string id, name;
  std::optional<std::string> repository, ref;  // repository: name, id or URL
  std::optional<bool> running;
  std::optional<Build> build;
  std::optional<Strategy> strategy;
  std::optional<std::string> backend;  // instance of it; of what is there it cannot change
  std::optional<std::vector<api::CreateWebsiteRequest>> websites;
  std::optional<std::vector<api::PortPublication>> ports;
  std::optional<std::map<std::string, Variable>> env;
  std::optional<std::vector<std::string>> owners;
};

struct Form {
  bool whole = false;  // it names all that its writer owns
  std::vector<Repository> repositories;
  std::vector<Application> applications;
};

// A form with where its fields stand, and what is wrong with it.
struct Read {
  Form form;
  std::map<std::string, Place> places;  // by field
  std::vector<Mistake> mistakes;        // in the order of the file

  // The nearest place that is known: of the field itself, or of what it is in.
  Place PlaceOf(std::string field) const;
};

// Every mistake at once; the form is of use where there is none.
Read Parse(const std::string& text);
// Read of it gives the same form, apart from `path`.
std::string Write(const Form& form);

// One writing for what means the same: hosts in lower case and with A-labels, paths without
// needless %XX, "/" and "." and 80 written out, free settings in their one form.
void Normalise(api::CreateWebsiteRequest& website);
void Normalise(Build& build);

// Whether a site comes of it, and no program.
bool IsSite(const Build& build);
// The scope that a new variable takes.
platform::EnvScope UsualScope(const Build& build);
// "runtime-dockerfile"; empty where it names none.
std::string MethodOf(const api::ApplicationConfig& config);
std::string MethodOf(const Build& build);
// The names of the build methods that are known here.
std::vector<std::string> Methods();
// Whether no method can have that name: it is empty, or one that is known here in the writing of
// the API, "runtime_cmd".
bool IsMisnamed(const std::string& method);
// "rolling", "recreate", and back.
std::vector<std::string> Strategies();
std::string NameOf(Strategy strategy);
Strategy StrategyOf(const std::string& word);

}  // namespace ns::cli::form
