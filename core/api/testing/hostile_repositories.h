// Values of a repository: its name, its URL and the host keys that are pinned.
#pragma once

#include <string>
#include <vector>

#include "api/testing/hostile_calls.h"
#include "neoshowcase/platform/v1/repository.pb.h"

namespace ns::api::hostile {

namespace own = neoshowcase::platform::v1;

class RepositoryWays {
 public:
  explicit RepositoryWays(Calls& calls) : calls_(calls) {}

  // "name", "url", or "auth", with a URL that does not go with it.
  std::vector<Way> Of(const std::string& field) { return {Create(field), Edit(field)}; }
  std::vector<Way> OfHostKey() { return {CreateWithKey(), SetKey()}; }

 private:
  static constexpr char kService[] = "neoshowcase.platform.v1.RepositoryService/";
  static constexpr char kUsualKey[] =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A";
  static constexpr char kSpare[] = "https://git.test/spare.git";

  template <class In>
  static void Put(const std::string& field, const std::string& value, In& in) {
    if (field == "name")
      in.set_name(value);
    else
      in.set_url(value);
  }
  pb::Repository Get(const std::string& id) {
    pb::RepositoryIdRequest in;
    in.set_repository_id(id);
    return calls_.Done<pb::Repository>("GetRepository", in);
  }
  // The one besides those that are edited.
  std::string Made() {
    pb::GetRepositoriesRequest in;
    in.set_scope(pb::GetRepositoriesRequest::MINE);
    const auto all = calls_.Done<pb::GetRepositoriesResponse>("GetRepositories", in);
    std::string made;
    for (const auto& one : all.repositories())
      if (one.id() != calls_.repository && one.id() != spare_ && one.id() != ssh_) made = one.id();
    return made;
  }
  std::function<void()> DeleteMade() {
    return [this] {
      pb::RepositoryIdRequest in;
      in.set_repository_id(Made());
      calls_.Do("DeleteRepository", in);
    };
  }

  Way Create(const std::string& field) {
    return {"CreateRepository", field,
            [field](const std::string& value) {
              auto in = Calls::NewRepository("https://git.test/made.git");
              Put(field, value, in);
              return in.SerializeAsString();
            },
            [this, field] {
              const pb::Repository kept = Get(Made());
              return field == "name" ? kept.name() : kept.url();
            },
            DeleteMade()};
  }

  Way Edit(const std::string& field) {
    if (spare_.empty())
      spare_ = calls_.Done<pb::Repository>("CreateRepository", Calls::NewRepository(kSpare)).id();
    const auto request = [this, field](const std::string& value) {
      pb::UpdateRepositoryRequest in;
      in.set_id(spare_);
      if (field != "name") in.mutable_auth()->mutable_none();
      Put(field, value, in);
      return in;
    };
    return {"UpdateRepository", field,
            [request](const std::string& value) { return request(value).SerializeAsString(); },
            [this, field] {
              const pb::Repository kept = Get(spare_);
              return field == "name" ? kept.name() : kept.url();
            },
            [this, field, request] {
              calls_.Do("UpdateRepository", request(field == "name" ? "shop" : kSpare));
            }};
  }

  // ---- host keys ----

  static own::CreateRepositoryRequest NewSsh(const std::string& url, const std::string& key) {
    own::CreateRepositoryRequest in;
    *in.mutable_repository() = Calls::NewRepository(url);
    in.mutable_repository()->mutable_auth()->mutable_ssh();
    in.add_host_keys(key);
    return in;
  }
  std::string PinnedOf(const std::string& id) {
    own::GetHostKeysRequest in;
    in.set_repository_id(id);
    return calls_.Done<own::HostKeys>(std::string(kService) + "GetHostKeys", in)
        .pinned(0)
        .public_key();
  }

  Way CreateWithKey() {
    return {std::string(kService) + "CreateRepository", "host_keys[0]",
            [](const std::string& value) {
              return NewSsh("git@git.test:made.git", value).SerializeAsString();
            },
            [this] { return PinnedOf(Made()); }, DeleteMade()};
  }

  Way SetKey() {
    if (ssh_.empty())
      ssh_ = calls_
                 .Done<pb::Repository>(std::string(kService) + "CreateRepository",
                                       NewSsh("git@git.test:base.git", kUsualKey))
                 .id();
    const auto request = [this](const std::string& value) {
      own::SetHostKeysRequest in;
      in.set_repository_id(ssh_);
      in.add_host_keys(value);
      return in;
    };
    return {std::string(kService) + "SetHostKeys", "host_keys[0]",
            [request](const std::string& value) { return request(value).SerializeAsString(); },
            [this] { return PinnedOf(ssh_); },
            [this, request] {
              calls_.Done<own::HostKeys>(std::string(kService) + "SetHostKeys", request(kUsualKey));
            }};
  }

  Calls& calls_;
  std::string spare_, ssh_;
};

}  // namespace ns::api::hostile
