// What every method of the API is given, and the table they stand in.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "api/app_listing.h"
#include "api/authorize.h"
#include "api/dispatcher.h"
#include "api/git_turns.h"
#include "api/hooks.h"
#include "api/log_followers.h"
#include "api/refresh_limit.h"
#include "api/remote_failures.h"
#include "api/stream.h"
#include "api/wait_turns.h"
#include "google/protobuf/message.h"

namespace ns::api {

class EventFeed;
class Looks;

// What the methods share.
struct Context {
  const Settings& settings;
  const Parts& parts;
  LogFollowers& followers;
  RefreshLimit& refreshes;
  WaitTurns& remote_turns;   // of those who wait for Git or a builder
  WaitTurns& output_turns;   // of those who wait for the host of a backend
  WaitTurns& storage_turns;  // of those who read artifacts
  RemoteFailures& failures;
  EventFeed& feed;
  Looks& looks;
  AppListing& listing;
  Hooks& hooks;
  GitTurns& git_turns;   // of people
  GitTurns& host_turns;  // of hosts of the platform

  const ports::Store& store() const { return parts.store; }
};

// One call that is authenticated, authorised and parsed.
struct Request {
  const ports::Call& call;
  model::User user;
  Admitted on;
  std::optional<model::Token> token{};  // that the user came with

  // Whether an answer may tell of the application: a token may be limited to others.
  bool Covers(const AppId& app) const { return !token || token->Covers(app); }
  // Those, where it is limited.
  std::optional<std::vector<AppId>> Among() const {
    return token && token->limited ? std::optional(token->apps) : std::nullopt;
  }
};

using Handler = std::function<Result<std::string>(const Context&, const Request&,
                                                  const google::protobuf::Message&)>;

// Begins an answer of many messages. What is given outlives it but for the request.
using Opener = std::function<Result<std::unique_ptr<Stream>>(const Context&, const Request&,
                                                             const google::protobuf::Message&)>;

struct Method {
  const google::protobuf::Descriptor* input;
  const google::protobuf::Descriptor* output;
  Handler handle;  // of one message
  Opener open{};   // of many; one of the two is set
};
using MethodTable = std::map<std::string, Method>;  // by "package.Service/Method"

// Puts `handle` into the table. The dispatcher parses a message of exactly the input's type before
// it calls.
template <class In, class Out>
void Offer(MethodTable& table, std::string name,
           Result<Out> (*handle)(const Context&, const Request&, const In&)) {
  table[std::move(name)] = {In::descriptor(), Out::descriptor(),
                            [handle](const Context& context, const Request& request,
                                     const google::protobuf::Message& in) -> Result<std::string> {
                              NS_ASSIGN(const Out out,
                                        handle(context, request, static_cast<const In&>(in)));
                              return out.SerializeAsString();
                            }};
}

// As Offer, for a handler that serializes its answer, a message of the type Out, itself.
template <class Out, class In>
void OfferSerialized(MethodTable& table, std::string name,
                     Result<std::string> (*handle)(const Context&, const Request&, const In&)) {
  table[std::move(name)] = {In::descriptor(), Out::descriptor(),
                            [handle](const Context& context, const Request& request,
                                     const google::protobuf::Message& in) -> Result<std::string> {
                              return handle(context, request, static_cast<const In&>(in));
                            }};
}

// As Offer, for an answer of many messages.
template <class Out, class In>
void OfferStream(MethodTable& table, std::string name,
                 Result<std::unique_ptr<Stream>> (*open)(const Context&, const Request&,
                                                         const In&)) {
  table[std::move(name)] = {
      In::descriptor(), Out::descriptor(), nullptr,
      [open](const Context& context, const Request& request, const google::protobuf::Message& in) {
        return open(context, request, static_cast<const In&>(in));
      }};
}

inline constexpr char kApiService[] = "neoshowcase.protobuf.APIService/";
inline constexpr char kPlatformService[] = "neoshowcase.platform.v1.PlatformService/";
inline constexpr char kAuditService[] = "neoshowcase.platform.v1.AuditService/";
inline constexpr char kQueueService[] = "neoshowcase.platform.v1.BuildQueueService/";
inline constexpr char kHostService[] = "neoshowcase.platform.v1.HostService/";
inline constexpr char kWatchService[] = "neoshowcase.platform.v1.WatchService/";
inline constexpr char kApplicationService[] = "neoshowcase.platform.v1.ApplicationService/";

void OfferSystem(MethodTable& table);
void OfferRepositories(MethodTable& table);
void OfferRepositoryEdits(MethodTable& table);
void OfferCommits(MethodTable& table);
void OfferApplications(MethodTable& table);
void OfferOwnApplications(MethodTable& table);
void OfferEnv(MethodTable& table);
void OfferBuilds(MethodTable& table);
void OfferOutput(MethodTable& table);
void OfferMetrics(MethodTable& table);
void OfferStatus(MethodTable& table);
void OfferReleases(MethodTable& table);
void OfferEvents(MethodTable& table);
void OfferSuggest(MethodTable& table);
void OfferInstallation(MethodTable& table);
void OfferWatch(MethodTable& table);
void OfferQueue(MethodTable& table);
void OfferUsers(MethodTable& table);
void OfferTokens(MethodTable& table);
void OfferAdmins(MethodTable& table);
void OfferAudit(MethodTable& table);
void OfferPush(MethodTable& table);
void OfferHostKeys(MethodTable& table);

}  // namespace ns::api
