#include "account.h"

#include <utility>

#include "storage/asking.h"

namespace ns::storage_swift {

Access Account::SignIn(const sdk::Call& call) {
  storage::Asked asked;
  asked.what = "Sign-in of " + config_.user + " at " + config_.auth_url;
  http::Request& request = asked.request;
  request.url = config_.auth_url;
  if (config_.keystone) {
    request.url += "/auth/tokens";
    request.method = "POST";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = RenderSignIn(config_, key_);
  } else {
    request.headers = {{"X-Auth-User", config_.user}, {"X-Auth-Key", key_}};
  }
  asked.again = IsPassing;
  asked.failure = [what = asked.what](const http::Response& response) {
    return ErrorOf(what, response, Missing::kContainer);
  };
  const http::Response response = storage::Do(call, client_, std::move(asked));
  return config_.keystone ? ParseV3(response, config_.region) : ParseV1(response);
}

Access Account::Get(const sdk::Call& call) {
  {
    const std::lock_guard lock(mutex_);
    if (access_) return *access_;
  }
  // Others may do so meanwhile, which is harmless, and waits for none of them.
  Access access = SignIn(call);
  const std::lock_guard lock(mutex_);
  access_ = access;
  return access;
}

void Account::Forget(const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (access_ && access_->token == token) access_.reset();
}

}  // namespace ns::storage_swift
