#include "context.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "failure.h"
#include "logins.h"
#include "terminal.h"
#include "text.h"

namespace ns::cli {
namespace {

// The one item that `matches`; `kind` and `list` make the message.
template <class Items, class Matches>
auto FindOne(const Items& items, const std::string& wanted, const std::string& kind,
             const std::string& list, const Matches& matches) {
  std::string ids;
  const typename Items::value_type* found = nullptr;
  for (const auto& item : items) {
    if (item.id() == wanted) return item;
    if (!matches(item)) continue;
    found = &item;
    ids += (ids.empty() ? "" : ", ") + item.id();
  }
  if (!found)
    throw Failure(Exit::kNotFound,
                  "There is no " + kind + " '" + wanted + "'; `" + list + "` shows them.");
  if (ids.find(',') != std::string::npos)
    throw Failure(Exit::kUsage,
                  "Several have the name '" + wanted + "'; give one of their ids: " + ids + ".");
  return *found;
}

}  // namespace

Client& Context::client() {
  if (!client_) client_ = std::make_unique<Client>(server, TokenFor(server));
  return *client_;
}

void Context::Print(const std::string& text) const {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw Failure(Exit::kFailed,
                  std::string("stdout cannot be written: ") + std::strerror(errno) + ".");
}

void Context::Print(const google::protobuf::Message& message, const std::string& text) const {
  Print(json ? Json(message) : Clean(text));
}

void Context::Done(const std::string& sentence) const {
  Print(json ? "{}\n" : Clean(sentence) + "\n");
}

bool Context::Colours(std::FILE* out) const { return IsColoured(out, color); }

void Context::Progress(const std::string& line) const {
  std::fprintf(stderr, "%s\n", Clean(line).c_str());
}

int64_t NowSeconds() { return std::time(nullptr); }

api::Application FindApplication(Context& context, const std::string& app) {
  api::GetApplicationsRequest request;
  request.set_scope(api::GetApplicationsRequest::ALL);
  const auto all = context.Api<api::GetApplicationsResponse>("GetApplications", request);
  return FindOne(all.applications(), app, "application", "ns app list",
                 [&](const auto& one) { return one.name() == app; });
}

api::GetRepositoriesResponse AllRepositories(Context& context) {
  api::GetRepositoriesRequest request;
  request.set_scope(api::GetRepositoriesRequest::ALL);
  try {
    return context.Api<api::GetRepositoriesResponse>("GetRepositories", request);
  } catch (const Refused& refused) {
    if (refused.code() != "permission_denied") throw;
  }
  request.set_scope(api::GetRepositoriesRequest::CREATABLE);
  return context.Api<api::GetRepositoriesResponse>("GetRepositories", request);
}

api::Repository FindRepository(Context& context, const std::string& repo) {
  const auto all = AllRepositories(context);
  return FindOne(all.repositories(), repo, "repository", "ns repo list",
                 [&](const auto& one) { return one.name() == repo || one.url() == repo; });
}

}  // namespace ns::cli
