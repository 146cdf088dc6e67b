// Answers for applications that do not: a page with status 503 that says what is the matter.
#pragma once

#include <string>

#include "base/status.h"
#include "supervise/supervisor.h"

namespace ns::supervise {

struct PageServerOptions {
  std::string listen =
      "127.0.0.1:0";   // "address:port"; port 0: the port of the last run if it is free, else any
  std::string folder;  // the bound address is written to `address` in it
  int stop_fd = -1;    // readable: serve no more and return
};

// Serves HTTP/1.1 until `stop_fd` is readable. The router says by X-NS-Page what is the matter
// ("stopped", "asleep", "starting", "failing", "building", ...; anything else: "unavailable") and
// by X-NS-App which application. HTML, or JSON where Accept prefers it. One thread, bounded memory
// a connection, slow and idle clients are dropped.
Status RunPageServer(const PageServerOptions& options);

// `nsd page-server --listen L --folder F` as a helper named "page-server".
HelperSpec PageServerHelper(const std::string& nsd, const std::string& folder,
                            const std::string& listen);
// "http://127.0.0.1:port" of the server that writes to `folder`. kUnavailable before it has
// started.
Result<std::string> PageServerAddress(const std::string& folder);

}  // namespace ns::supervise
