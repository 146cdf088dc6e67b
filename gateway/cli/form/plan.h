// What has to happen so that an installation is as a form says. Pure.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "form/form.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::cli::form {

// What the server has, as far as the caller sees it.
struct Live {
  std::vector<api::Repository> repositories;
  std::vector<api::Application> applications;
  std::map<std::string, platform::Application> own;  // by id: those that were looked at closely
  std::map<std::string, std::vector<std::string>> host_keys;  // by id of repository: the same
  std::vector<api::User> users;
  std::string me;  // id of the caller
  bool admin = false;

  // Whether the caller is told of its variables, or of its host keys.
  bool Owns(const api::Application& app) const;
  bool Owns(const api::Repository& repo) const;
};

// The value that a file leaves to its surroundings; throws Failure where there is none.
using Values = std::function<std::string(const ValueFrom&)>;

struct Options {
  bool prune = false;            // delete what the form does not name
  bool replace_secrets = false;  // give stored secrets anew where the form says from where
  Values values;
};

enum class Kind { kCreate, kChange, kDelete };

struct RepositoryStep {
  Kind kind = Kind::kChange;
  std::string name, id, path;      // id: empty while it is to be created
  std::vector<std::string> parts;  // what changes
  api::CreateRepositoryRequest create;
  api::UpdateRepositoryRequest change;  // made behind `create`, where it says anything
  bool changes = false;
  std::vector<std::string> host_keys;  // that are pinned with `create`, or with a change of where
                                       // or how it is read, or by themselves; empty: none are

  bool asks_remote() const { return change.has_url() || change.has_auth(); }
};

// Addresses and published ports, as text: "https://shop.test/api", "9000/tcp".
using Addresses = std::set<std::string>;

struct ApplicationStep {
  Kind kind = Kind::kChange;
  std::string name, id, path;
  std::string repository_path;  // of a repository that is to be created first
  std::vector<std::string> parts;
  platform::CreateApplicationRequest create;
  platform::UpdateApplicationRequest change;  // made behind `create` too, where it says anything
  bool start = false, stop = false;
  Addresses taken;  // that others of the plan have until their own steps

  bool changes() const { return change.update_mask().paths_size() > 0; }
};

// What is done to the applications, one after the other.
struct Act {
  size_t step = 0;  // of Plan::applications
  // Gives up the addresses that others take, before its step; absent: it is the step.
  std::optional<platform::UpdateApplicationRequest> release;
};

// Something as it is and as it will be, each as a form of its own; empty: it is not there.
struct Difference {
  std::string what;  // "application shop"
  std::string before, after;
};

// Repositories are done first, then applications, then what is deleted.
struct Plan {
  std::vector<RepositoryStep> repositories;
  std::vector<ApplicationStep> applications;
  std::vector<Act> order;          // of the applications that are created or changed
  std::vector<std::string> notes;  // what is left as it is though the form may seem to say more
  std::vector<Mistake> mistakes;
  std::map<std::string, Place> places;  // of the form
  std::vector<Difference> differences;
  std::map<std::string, platform::Application> own;  // of Live
  bool empty() const { return repositories.empty() && applications.empty(); }
};

Plan MakePlan(const Read& wanted, const Live& live, const Options& options);

// As the form says it; with the id where the name alone does not say which.
Repository FormOf(const api::Repository& repo, const Live& live);
Application FormOf(const api::Application& app, const Live& live);

}  // namespace ns::cli::form
