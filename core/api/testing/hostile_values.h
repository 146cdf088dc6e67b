// The values of hostile_values.txt, and what becomes of each when it is sent.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/dispatcher.h"
#include "api/method.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "neoshowcase/platform/v1/repository.pb.h"
#include "neoshowcase/protobuf/api.pb.h"

namespace ns::api::hostile {

namespace pb = neoshowcase::protobuf;
namespace own = neoshowcase::platform::v1;

struct Value {
  int line = 0;
  std::string kind, verdict, expectation, value;
};

// Of "\xNN", "\\" and "\{N:c}".
inline std::string Plain(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (text[i + 1] == 'x') {
      int byte = 0;
      std::from_chars(text.data() + i + 2, text.data() + i + 4, byte, 16);
      out += static_cast<char>(byte);
      i += 3;
    } else if (text[i + 1] == '{') {
      size_t times = 0;
      const size_t colon = text.find(':', i), end = text.find('}', colon + 2);
      std::from_chars(text.data() + i + 2, text.data() + colon, times);
      const std::string one = Plain(text.substr(colon + 1, end - colon - 1));
      while (times-- > 0) out += one;
      i = end;
    } else {
      out += text[++i];
    }
  }
  return out;
}

inline std::vector<Value> ReadValues() {
  std::vector<Value> values;
  std::ifstream file(NS_HOSTILE_VALUES);
  for (std::string line; std::getline(file, line);) {
    Value value;
    value.line = static_cast<int>(values.size()) + 1;
    const size_t one = line.find('\t'), two = line.find('\t', one + 1),
                 three = line.find('\t', two + 1);
    value.kind = line.substr(0, one);
    value.verdict = line.substr(one + 1, two - one - 1);
    value.expectation = line.substr(two + 1, three - two - 1);
    value.value = Plain(line.substr(three + 1));
    values.push_back(std::move(value));
  }
  return values;
}

inline int NumberOf(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Field and description of each violation that a refusal names.
inline std::vector<std::pair<std::string, std::string>> ViolationsOf(const Status& refusal) {
  std::vector<std::pair<std::string, std::string>> out;
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(refusal.details()));
  google::rpc::BadRequest bad;
  for (const auto& detail : wire.details()) {
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& one : bad.field_violations()) out.emplace_back(one.field(), one.description());
  }
  return out;
}

// Sends values to an installation: each kind to the method that takes it, and again as an edit.
class Sender {
 public:
  using Invoke =
      std::function<Result<std::string>(const std::string& method, const std::string& request)>;
  struct Way {
    std::string method, field;                               // that a refusal names
    std::function<std::string(const std::string&)> request;  // serialized, with the value
    std::function<std::string()> kept;  // what the installation says of the value afterwards
    std::function<void()> undo;         // what was made
  };

  // Makes a repository and an application that it edits. The installation offers *.apps.test and
  // plain.test, TCP ports 9000 to 9010, and has a remote with HEAD, main and v2.
  explicit Sender(Invoke invoke) : invoke_(std::move(invoke)) {
    pb::CreateRepositoryRequest repository = NewRepository();
    repository_ = Done<pb::Repository>("CreateRepository", repository).id();
    app_ = Done<pb::Application>("CreateApplication", NewApp("base")).id();
  }

  std::vector<Way> WaysOf(const std::string& kind) {
    if (kind == "env_key" || kind == "env_value") return {Variable(kind == "env_key")};
    if (kind == "url" || kind == "url_auth" || kind == "repository_name")
      return {Repository(kind == "repository_name" ? "name" : kind == "url" ? "url" : "auth")};
    if (kind == "host_key") return {CreateWithKey(), SetKey()};
    return {Create(kind), Edit(kind)};
  }

  Result<std::string> Send(const Way& way, const std::string& value) {
    return invoke_(FullName(way.method), way.request(value));
  }

 private:
  // Of a method of the public API by its short name.
  static std::string FullName(const std::string& method) {
    return method.find('/') == std::string::npos ? kApiService + method : method;
  }
  template <class Out, class In>
  Out Done(const std::string& method, const In& in) {
    const auto answer = invoke_(FullName(method), in.SerializeAsString());
    EXPECT_TRUE(answer.ok()) << method << ": " << answer.status().ToString();
    Out out;
    EXPECT_TRUE(answer.ok() && out.ParseFromString(*answer));
    return out;
  }

  static pb::CreateRepositoryRequest NewRepository() {
    pb::CreateRepositoryRequest in;
    in.set_name("shop");
    in.set_url("https://git.test/base.git");
    in.mutable_auth()->mutable_none();
    return in;
  }
  pb::CreateApplicationRequest NewApp(const std::string& name) const {
    pb::CreateApplicationRequest in;
    in.set_name(name);
    in.set_repository_id(repository_);
    in.set_ref_name("main");
    in.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("Dockerfile");
    return in;
  }

  // Puts the value into a website, a port, the name or the ref.
  template <class Websites, class Ports>
  static void PutAddress(const std::string& kind, const std::string& value, Websites* websites,
                         Ports* ports) {
    if (kind == "host" || kind == "path" || kind == "http_port") {
      auto* website = websites->Add();
      website->set_fqdn(kind == "host" ? value : "hostile.apps.test");
      website->set_path_prefix(kind == "path" ? value : "/");
      website->set_http_port(kind == "http_port" ? NumberOf(value) : 80);
    } else {
      auto* port = ports->Add();
      port->set_internet_port(kind == "application_port" ? 9000 : NumberOf(value));
      port->set_application_port(kind == "application_port" ? NumberOf(value) : 80);
      port->set_protocol(kind == "udp_port" ? pb::UDP : pb::TCP);
    }
  }
  static std::string FieldOf(const std::string& kind, const std::string& websites,
                             const std::string& ports) {
    if (kind == "host") return websites + "[0].fqdn";
    if (kind == "path") return websites + "[0].path_prefix";
    if (kind == "http_port") return websites + "[0].http_port";
    if (kind == "application_port") return ports + "[0].application_port";
    if (kind == "internet_port" || kind == "udp_port") return ports + "[0].internet_port";
    return kind == "ref" ? "ref_name" : kind;
  }
  static std::string Shown(const std::string& kind, const pb::Application& app) {
    if (kind == "name") return app.name();
    if (kind == "ref") return app.ref_name();
    if (kind == "host") return app.websites(0).fqdn();
    if (kind == "path") return app.websites(0).path_prefix();
    if (kind == "http_port") return std::to_string(app.websites(0).http_port());
    if (kind == "application_port")
      return std::to_string(app.port_publications(0).application_port());
    return std::to_string(app.port_publications(0).internet_port());
  }
  pb::Application Get(const std::string& id) {
    pb::ApplicationIdRequest in;
    in.set_id(id);
    return Done<pb::Application>("GetApplication", in);
  }

  Way Create(const std::string& kind) {
    const auto made = std::make_shared<std::string>();
    return {"CreateApplication", FieldOf(kind, "websites", "port_publications"),
            [this, kind](const std::string& value) {
              auto in = NewApp(kind == "name" ? value : "made");
              if (kind == "ref")
                in.set_ref_name(value);
              else if (kind != "name")
                PutAddress(kind, value, in.mutable_websites(), in.mutable_port_publications());
              return in.SerializeAsString();
            },
            [this, kind, made] {
              pb::GetApplicationsRequest in;
              in.set_scope(pb::GetApplicationsRequest::ALL);
              const auto all = Done<pb::GetApplicationsResponse>("GetApplications", in);
              for (const auto& app : all.applications())
                if (app.id() != app_) *made = app.id();
              return Shown(kind, Get(*made));
            },
            [this, made] {
              pb::ApplicationIdRequest in;
              in.set_id(*made);
              Done<google::protobuf::Empty>("DeleteApplication", in);
            }};
  }

  Way Edit(const std::string& kind) {
    return {"UpdateApplication",
            FieldOf(kind, "websites.websites", "port_publications.port_publications"),
            [this, kind](const std::string& value) {
              pb::UpdateApplicationRequest in;
              in.set_id(app_);
              if (kind == "name")
                in.set_name(value);
              else if (kind == "ref")
                in.set_ref_name(value);
              else
                PutAddress(kind, value, in.mutable_websites()->mutable_websites(),
                           in.mutable_port_publications()->mutable_port_publications());
              return in.SerializeAsString();
            },
            [this, kind] { return Shown(kind, Get(app_)); },
            [this] {
              pb::UpdateApplicationRequest in;
              in.set_id(app_);
              in.set_name("base");
              in.set_ref_name("main");
              in.mutable_websites();
              in.mutable_port_publications();
              Done<google::protobuf::Empty>("UpdateApplication", in);
            }};
  }

  Way Repository(const std::string& field) {
    const auto made = std::make_shared<std::string>();
    return {"CreateRepository", field,
            [field](const std::string& value) {
              auto in = NewRepository();
              in.set_url("https://git.test/made.git");
              if (field == "name")
                in.set_name(value);
              else
                in.set_url(value);
              return in.SerializeAsString();
            },
            [this, field, made] {
              pb::GetRepositoriesRequest in;
              in.set_scope(pb::GetRepositoriesRequest::MINE);
              const auto all = Done<pb::GetRepositoriesResponse>("GetRepositories", in);
              std::string kept;
              for (const auto& one : all.repositories()) {
                if (one.id() == repository_ || one.id() == ssh_) continue;
                *made = one.id();
                kept = field == "name" ? one.name() : one.url();
              }
              return kept;
            },
            [this, made] {
              pb::RepositoryIdRequest in;
              in.set_repository_id(*made);
              Done<google::protobuf::Empty>("DeleteRepository", in);
            }};
  }

  Way Variable(bool key) {
    const auto name = std::make_shared<std::string>();
    return {"SetEnvVar", key ? "key" : "value",
            [this, key, name](const std::string& value) {
              pb::SetApplicationEnvVarRequest in;
              in.set_application_id(app_);
              *name = key ? value : "KEY";
              in.set_key(*name);
              in.set_value(key ? "" : value);
              return in.SerializeAsString();
            },
            [this, key] {
              pb::ApplicationIdRequest in;
              in.set_id(app_);
              const auto all = Done<pb::ApplicationEnvVars>("GetEnvVars", in);
              return key ? all.variables(0).key() : all.variables(0).value();
            },
            [this, name] {
              pb::DeleteApplicationEnvVarRequest in;
              in.set_application_id(app_);
              in.set_key(*name);
              Done<google::protobuf::Empty>("DeleteEnvVar", in);
            }};
  }

  // ---- host keys ----

  static constexpr char kHostKeys[] = "neoshowcase.platform.v1.RepositoryService/";
  static constexpr char kUsualKey[] =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A";

  static own::CreateRepositoryRequest NewSsh(const std::string& url, const std::string& key) {
    own::CreateRepositoryRequest in;
    *in.mutable_repository() = NewRepository();
    in.mutable_repository()->set_url(url);
    in.mutable_repository()->mutable_auth()->mutable_ssh();
    in.add_host_keys(key);
    return in;
  }
  std::string PinnedOf(const std::string& id) {
    own::GetHostKeysRequest in;
    in.set_repository_id(id);
    return Done<own::HostKeys>(std::string(kHostKeys) + "GetHostKeys", in).pinned(0).public_key();
  }

  Way CreateWithKey() {
    const auto made = std::make_shared<std::string>();
    const std::string url = "git@git.test:made.git";
    return {std::string(kHostKeys) + "CreateRepository", "host_keys[0]",
            [url](const std::string& value) { return NewSsh(url, value).SerializeAsString(); },
            [this, url, made] {
              pb::GetRepositoriesRequest in;
              in.set_scope(pb::GetRepositoriesRequest::MINE);
              const auto all = Done<pb::GetRepositoriesResponse>("GetRepositories", in);
              for (const auto& one : all.repositories()) {
                if (one.url() == url) *made = one.id();
              }
              return PinnedOf(*made);
            },
            [this, made] {
              pb::RepositoryIdRequest in;
              in.set_repository_id(*made);
              Done<google::protobuf::Empty>("DeleteRepository", in);
            }};
  }

  Way SetKey() {
    if (ssh_.empty())
      ssh_ = Done<pb::Repository>(std::string(kHostKeys) + "CreateRepository",
                                  NewSsh("git@git.test:base.git", kUsualKey))
                 .id();
    const auto request = [this](const std::string& value) {
      own::SetHostKeysRequest in;
      in.set_repository_id(ssh_);
      in.add_host_keys(value);
      return in;
    };
    return {std::string(kHostKeys) + "SetHostKeys", "host_keys[0]",
            [request](const std::string& value) { return request(value).SerializeAsString(); },
            [this] { return PinnedOf(ssh_); },
            [this, request] {
              Done<own::HostKeys>(std::string(kHostKeys) + "SetHostKeys", request(kUsualKey));
            }};
  }

  const Invoke invoke_;
  std::string repository_, app_, ssh_;
};

// Sends the value every way there is, and holds what comes back against its line. `state`: what a
// refusal must leave as it was.
inline void Check(Sender& sender, const Value& value, const std::function<std::string()>& state) {
  for (const Sender::Way& way : sender.WaysOf(value.kind)) {
    SCOPED_TRACE("line " + std::to_string(value.line) + " by " + way.method);
    const std::string before = state();
    const auto answer = sender.Send(way, value.value);
    if (value.verdict == "ok") {
      ASSERT_TRUE(answer.ok()) << answer.status().ToString();
      EXPECT_EQ(way.kept(), value.expectation == "=" ? value.value : value.expectation);
      way.undo();
      continue;
    }
    ASSERT_EQ(answer.status().code(), Code::kInvalid) << answer.status().ToString();
    EXPECT_EQ(state(), before);
    const auto violations = ViolationsOf(answer.status());
    if (value.verdict == "malformed") {
      EXPECT_TRUE(violations.empty());
      continue;
    }
    ASSERT_EQ(violations.size(), 1U) << answer.status().ToString();
    const std::string& field = violations[0].first;
    if (value.expectation == "NUL") {
      EXPECT_TRUE(field.ends_with(way.field)) << field << ": of any text, by its whole path";
    } else {
      EXPECT_EQ(field, way.field);
    }
    if (value.expectation != "*") {
      EXPECT_NE(violations[0].second.find(value.expectation), std::string::npos)
          << violations[0].second;
    }
  }
}

}  // namespace ns::api::hostile
