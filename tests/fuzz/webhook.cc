// The last part of a webhook's path, an end of line, the payload.
#include <string>

#include "target.h"
#include "world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view payload = ns::fuzz::Bytes(data, size);
  const std::string path = "/api/webhook/" + std::string(ns::fuzz::TakeUntil(payload, "\n"));
  static ns::fuzz::World world;  // nothing of it changes
  const int status =
      world.dispatcher.Raw(ns::fuzz::World::Named("forge"), "POST", path, payload).http_status;
  ns::fuzz::Require(status == 202 || (status >= 400 && status < 500),
                    "a payload is taken or refused");
  return 0;
}
