// What every method that makes or changes an application shares: each rule stands here once.
#pragma once

#include <string>
#include <vector>

#include "api/build_config.h"
#include "api/method.h"
#include "google/protobuf/repeated_field.h"
#include "model/application.h"
#include "model/validate.h"
#include "neoshowcase/protobuf/api.pb.h"

namespace ns::api {

namespace pb = neoshowcase::protobuf;

template <class T>
using Repeated = google::protobuf::RepeatedPtrField<T>;

// What a request gives. The rest of an application is left alone: a rename is no reason to refuse
// what the configuration offers no more.
struct Given {
  bool name = true, ref = true, websites = true, ports = true;
  std::string prefix{};                 // of fields, as the request names them: "form."
  model::AddressFields addresses = {};  // whole: "form.websites"
};

// What is wrong with what a request asks for.
struct Mistakes {
  model::Violations rules;    // that fields break
  model::Violations missing;  // parts that fields need, and that this installation has not
};

// Of a new application, or of one that is there: what that has already it is not refused.
void TakeConfig(const BuildConfig& config, model::Application& app, Mistakes& mistakes);

// New websites as asked for; one that was there and did not change keeps its id. None where there
// are too many, which is added to `violations` of `field`.
std::vector<model::Website> ReadWebsites(const Repeated<pb::CreateWebsiteRequest>& asked,
                                         const std::vector<model::Website>& before, Random& random,
                                         const std::string& field, model::Violations& violations);
// As ReadWebsites.
std::vector<model::PortPublication> ReadPorts(const Repeated<pb::PortPublication>& asked,
                                              const std::vector<model::PortPublication>& before,
                                              const std::string& field,
                                              model::Violations& violations);
// With the scope of the application's type.
model::EnvVar NewVariable(const model::Application& app, const std::string& key);

// Everything about `app` that can be said without asking anybody.
Status CheckApp(const Context& context, const model::Application& app, const Given& given,
                const Mistakes& mistakes);
Status NotDeleted(const model::Application& app);
// The application as it is by now, for whom somebody was faster: that may have taken their right to
// it away, which fails as Authorize does.
Result<model::Application> OwnedStill(const Context& context, const Request& request,
                                      const AppId& id);

// `app` with what the platform says of a new one: id, commit of its ref, owners, backend.
Result<model::Application> Completed(const Context& context, const Request& request,
                                     model::Application app, const Given& given);

// Refuses what other applications hold. What is given outlives it.
ports::HoldingCheck NoConflict(const model::Application& app, const model::User& user,
                               const Given& given);
// What that check says of those that are there now, without any lock.
Status CheckConflict(const Context& context, const model::Application& app, const model::User& user,
                     const Given& given);

// Stores what has become of `before`; a ref that is another one is looked for at the remote.
// kStale: somebody was faster.
Status StoreChange(const Context& context, const Request& request, const model::Application& before,
                   const model::Application& after, const Given& given,
                   const ports::EnvEdit& env = {});
// The commit of the ref of `after` where it is another one, else empty.
Result<std::string> NewCommit(const Context& context, const Request& request,
                              const model::Application& before, const model::Application& after,
                              const Given& given);

}  // namespace ns::api
