// An installation as those who send hostile values see it, with what they edit in it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "api/method.h"
#include "google/protobuf/empty.pb.h"
#include "neoshowcase/protobuf/api.pb.h"

namespace ns::api::hostile {

namespace pb = neoshowcase::protobuf;

// A method that takes a value.
struct Way {
  std::string method, field;                               // that a refusal names
  std::function<std::string(const std::string&)> request;  // serialized, with the value
  std::function<std::string()> kept;   // what the installation says of the value afterwards
  std::function<void()> undo;          // what was made
  std::optional<std::string> empty{};  // what no value at all means here, where that is no mistake
};

// The installation offers *.apps.test and plain.test, TCP ports 9000 to 9010, and has a remote with
// HEAD, main and v2.
class Calls {
 public:
  using Invoke =
      std::function<Result<std::string>(const std::string& method, const std::string& request)>;

  explicit Calls(Invoke invoke) : invoke_(std::move(invoke)) {
    repository = Done<pb::Repository>("CreateRepository", NewRepository()).id();
    app = Done<pb::Application>("CreateApplication", NewApp("base")).id();
  }

  Result<std::string> Send(const Way& way, const std::string& value) {
    return invoke_(FullName(way.method), way.request(value));
  }
  // `method` of the public API by its short name.
  template <class Out, class In>
  Out Done(const std::string& method, const In& in) {
    const auto answer = invoke_(FullName(method), in.SerializeAsString());
    EXPECT_TRUE(answer.ok()) << method << ": " << answer.status().ToString();
    Out out;
    EXPECT_TRUE(answer.ok() && out.ParseFromString(*answer));
    return out;
  }
  template <class In>
  void Do(const std::string& method, const In& in) {
    Done<google::protobuf::Empty>(method, in);
  }

  static pb::CreateRepositoryRequest NewRepository(
      const std::string& url = "https://git.test/base.git") {
    pb::CreateRepositoryRequest in;
    in.set_name("shop");
    in.set_url(url);
    in.mutable_auth()->mutable_none();
    return in;
  }
  pb::CreateApplicationRequest NewApp(const std::string& name) const {
    pb::CreateApplicationRequest in;
    in.set_name(name);
    in.set_repository_id(repository);
    in.set_ref_name("main");
    in.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("Dockerfile");
    return in;
  }

  std::string repository, app;  // that are edited

 private:
  static std::string FullName(const std::string& method) {
    return method.find('/') == std::string::npos ? kApiService + method : method;
  }

  const Invoke invoke_;
};

}  // namespace ns::api::hostile
