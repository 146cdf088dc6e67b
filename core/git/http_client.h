// HTTP requests of the child beside those of libgit2.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/connections.h"
#include "git/http_url.h"

namespace ns::git {

struct HttpCall {
  HttpUrl url;
  std::vector<std::string> headers;  // "Name: value" without CR and LF; for this origin alone
  std::vector<std::string> secrets;  // of the same form; for this origin alone
  std::optional<std::string> body;   // makes it a POST
};

struct HttpAnswer {
  int status = 0;
  std::string location;   // of a redirect
  std::string complaint;  // the body of an answer other than 2xx, at most 64 KiB
};

// One thread at a time. Keeps connections for the next call.
class HttpClient {
 public:
  // Takes the body of a 2xx piece by piece; a failure ends the transfer and is what Send gives.
  using Sink = std::function<Status(std::string_view)>;

  // Borrows `connections`. `ca_file`: PEM; empty for the system's.
  HttpClient(const Connections& connections, std::string ca_file);

  // Connects only to addresses that `connections` allows, through no proxy. Follows up to five
  // redirects, none from https to http. To another origin no header of the call goes along, and a
  // POST with secrets goes not at all. "AddressRefused", "RemoteUnreachable", "RemoteTimeout":
  // nothing has come for a minute.
  Result<HttpAnswer> Send(HttpCall call, const Sink& sink);

 private:
  struct Transfer;
  Result<HttpAnswer> SendOnce(const HttpCall& call, const Sink& sink);
  Status Explain(const HttpUrl& url, CURLcode code, const Transfer& transfer) const;

  struct Cleanup {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  };
  const Connections& connections_;
  const std::string ca_file_;
  std::unique_ptr<CURL, Cleanup> curl_;
};

}  // namespace ns::git
