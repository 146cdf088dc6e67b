#include "storage/asking.h"

#include "ns/sdk/storage.h"

namespace ns::storage {
namespace {

using namespace std::chrono_literals;
using sdk::Call;
using sdk::Error;

constexpr int kTries = 4;
constexpr std::chrono::milliseconds kPause = 200ms;  // before the second try; then twice as long

// What the client says of a server that cannot be reached, in a storage's words.
Error Away(const Error& error) {
  return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, error.message(),
               sdk::Fault::kPlatform);
}

// The client says a reason only where there was no answer in time; a call that is over says the
// same.
bool IsAway(const Error& error) {
  if (error.code() == NS_E_DEADLINE) return error.reason() == NS_REASON_TIMED_OUT;
  return error.reason().empty() && (error.code() == NS_E_UNAVAILABLE || error.code() == NS_E_RANGE);
}

Error NotThePart(const std::string& what, const std::string& given) {
  return Error(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
               what + ": a part was asked for, and the server gives " + given + ".",
               sdk::Fault::kOperator);
}

http::Response Try(const Call& call, Asked& asked,
                   const std::function<http::Response(const http::Request&)>& send,
                   const std::function<bool()>& may_repeat) {
  for (int n = 1;; ++n) {
    const bool last = n == kTries || asked.once;
    if (asked.prepare) asked.prepare(asked.request);
    try {
      http::Response response = send(asked.request);
      if (response.ok()) return response;
      if (last || !asked.again(response)) throw asked.failure(response);
    } catch (const Error& error) {
      if (!IsAway(error)) throw;
      call.Check();
      if (last || !may_repeat()) throw Away(error);
    }
    call.Wait(kPause * (1 << (n - 1)));
  }
}

}  // namespace

http::Response Do(const Call& call, http::Client& client, Asked asked) {
  return Try(
      call, asked, [&](const http::Request& request) { return client.Do(call, request); },
      [] { return true; });
}

void Stream(const Call& call, http::Client& client, Asked asked, std::optional<uint64_t> part,
            const std::function<void(std::string_view)>& take) {
  uint64_t given = 0;
  const std::function<void(std::string_view)> note = [&](std::string_view bytes) {
    given += bytes.size();
    if (given > part.value_or(given)) throw NotThePart(asked.what, "more");
    take(bytes);
  };
  asked.request.begin = [&](const http::Response& head) {
    if (part && head.status != 206) throw NotThePart(asked.what, "everything");
  };
  const auto send = [&](const http::Request& request) {
    return client.Stream(call, request, note);
  };
  Try(call, asked, send, [&] { return given == 0; });
  if (given < part.value_or(0)) throw NotThePart(asked.what, "less");
}

}  // namespace ns::storage
