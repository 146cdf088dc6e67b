// HTTP entries that are no calls of the API: hints of Git hosts, and health.
#pragma once

#include <string_view>
#include <vector>

#include "api/dispatcher.h"
#include "api/method.h"

namespace ns::api {

struct RawRequest {
  const Peer& peer;
  std::string_view http_method, path, body;
};

std::vector<RawEntry> AllRawEntries();
RawAnswer AnswerRaw(const Context& context, const ports::Call& call, const RawRequest& request);

// POST /api/webhook/{github,gitea,gitlab}: has every repository looked at that the payload names by
// any of its URLs. Nobody is authenticated; where a secret is set the payload must be signed with
// it.
RawAnswer AnswerWebhook(const Context& context, const RawRequest& request);

}  // namespace ns::api
