#include "container.h"

#include <memory>

namespace ns::storage_swift {

using sdk::Call;

std::string Container::PathOf(Which which, const std::string& name) const {
  const std::string path = "/" + config_.container + (which == Which::kSegments ? "_segments" : "");
  return name.empty() ? path : path + "/" + config_.prefix + name;
}

storage::Asked Container::AskedOf(const Call& call, const Ask& ask) {
  const std::string path = PathOf(ask.which, ask.name);
  storage::Asked asked;
  asked.what = ask.method + " of " + path.substr(1);
  asked.once = ask.once;
  asked.request.method = ask.method;
  asked.request.body = ask.body;
  asked.request.timeout = ask.timeout;
  asked.request.silence = ask.silence;
  const auto token = std::make_shared<std::string>();
  asked.prepare = [this, &call, token, rest = path + ask.query,
                   headers = ask.headers](http::Request& request) {
    const Access access = account_.Get(call);
    *token = access.token;
    request.url = access.url + rest;
    request.headers = headers;
    request.headers.emplace_back("X-Auth-Token", access.token);
    if (request.method == "PUT")
      request.headers.emplace_back("Content-Type", "application/octet-stream");
  };
  asked.again = [this, token, doubted = ask.doubted,
                 renewed = false](const http::Response& response) mutable {
    if (response.status == 404 && doubted-- > 0) return true;
    if (response.status != 401 || renewed) return IsPassing(response);
    account_.Forget(*token);
    return renewed = true;
  };
  // Nothing can be put or listed where the container is missing; else what was asked for is.
  const bool lists = ask.name.empty() && ask.method == "GET";
  const Missing missing = lists || ask.method == "PUT" ? Missing::kContainer : Missing::kObject;
  asked.failure = [what = asked.what, missing](const http::Response& response) {
    return ErrorOf(what, response, missing);
  };
  return asked;
}

http::Response Container::Do(const Call& call, const Ask& ask) {
  return storage::Do(call, client_, AskedOf(call, ask));
}

void Container::Stream(const Call& call, const Ask& ask,
                       const std::function<void(std::string_view)>& take) {
  storage::Stream(call, client_, AskedOf(call, ask), ask.part, take);
}

std::vector<Entry> Container::List(const Call& call, Which which, const std::string& below,
                                   const std::string& after, uint32_t limit) {
  Ask ask;
  ask.which = which;
  ask.query = "?format=json&limit=" + std::to_string(limit) +
              "&prefix=" + http::Escaped(config_.prefix + below);
  if (!after.empty()) ask.query += "&marker=" + http::Escaped(config_.prefix + after);
  const http::Response response = Do(call, ask);
  return response.status == 204 ? std::vector<Entry>() : ParseEntries(response.body);
}

void Container::Make(const Call& call) {
  for (const Which which : {Which::kObjects, Which::kSegments}) {
    Ask ask;
    ask.which = which;
    ask.method = "HEAD";
    try {
      Do(call, ask);
      continue;
    } catch (const sdk::Error& error) {
      if (error.code() != NS_E_NOT_FOUND) throw;
    }
    ask.method = "PUT";
    Do(call, ask);
  }
}

}  // namespace ns::storage_swift
