// "package.Service/Method", an end of line, then the wire form of its request: by an admin and by a
// stranger, on an installation with one application. It is answered or refused; nothing is a
// defect.
#include <string>

#include "target.h"
#include "world.h"

namespace ns::fuzz {
namespace {

void Call(World& world, const api::Peer& peer, const std::string& method,
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
}

void Go(std::string_view bytes) {
  const std::string method(TakeUntil(bytes, "\n"));
  if (method.ends_with("/SuggestApplication")) return;  // waits for a builder
  World world;
  Call(world, World::Root(), method, bytes);
  Call(world, World::Named("stranger"), method, bytes);
}

}  // namespace
}  // namespace ns::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ns::fuzz::Go(ns::fuzz::Bytes(data, size));
  return 0;
}
