// "package.Service/Method", an end of line, then the wire form of its request, with names in the
// place of ids (World::Filled): by an admin and by a stranger, on an installation with one
// application. It is answered or refused; nothing is a defect.
#include <string>

#include "target.h"
#include "world.h"

namespace ns::fuzz {
namespace {

Status Call(World& world, const api::Peer& peer, const std::string& method,
            std::string_view message) {
  Status outcome;
  if (world.dispatcher->Streams(method)) {
    const auto stream = world.dispatcher->Open({}, peer, method, message);
    outcome = stream.ok() ? (*stream)->Next({}).status() : stream.status();
  } else {
    outcome = world.dispatcher->Invoke({}, peer, method, message).status();
  }
  if (outcome.code() == Code::kInternal) std::fprintf(stderr, "%s\n", method.c_str());
  Require(outcome.code() != Code::kInternal, "no request meets a defect");
  return outcome;
}

// A file named "API-GetBuild" is there for what "APIService/GetBuild" does, and not for a refusal.
void RequireReached(const std::string& method, const Status& outcome) {
  if (replayed.empty() || replayed.front() < 'A' || replayed.front() > 'Z') return;
  std::string_view rest = replayed;
  const std::string service(TakeUntil(rest, "-"));
  if (!outcome.ok()) std::fprintf(stderr, "%s\n", outcome.ToString().c_str());
  Require(method.ends_with("." + service + "Service/" + std::string(rest)),
          "an input calls the method of its name");
  Require(outcome.ok(), "an input with the name of a method is answered");
}

void Go(std::string_view bytes) {
  const std::string method(TakeUntil(bytes, "\n"));
  World world;
  const std::string message = world.Filled(bytes);
  RequireReached(method, Call(world, World::Root(), method, message));
  (void)Call(world, World::Named("stranger"), method, message);  // no defect is all that it owes
}

}  // namespace
}  // namespace ns::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ns::fuzz::Go(ns::fuzz::Bytes(data, size));
  return 0;
}
