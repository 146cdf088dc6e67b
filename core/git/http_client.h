// HTTP requests of the child beside those of libgit2.
#pragma once

#include <curl/curl.h>

#include <functional>
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

struct HttpJob {
  HttpCall call;
  // Takes the body of a 2xx piece by piece; a failure ends the transfer and is its outcome.
  std::function<Status(std::string_view)> sink;
  // Once, with the outcome; a failure ends all jobs.
  std::function<Status(const Result<HttpAnswer>&)> done;
};

// One thread at a time. Keeps connections for the next call.
class HttpClient {
 public:
  // Borrows `connections`. `ca_file`: PEM; empty for the system's.
  HttpClient(const Connections& connections, std::string ca_file);

  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Does what `next` gives until it gives nothing and all is done, eight jobs at once; `next` is
  // asked again after each end of a job. Gives the first failure of `next` or of a `done`.
  //
  // Connects only to addresses that `connections` allows, through no proxy. Follows up to five
  // redirects, none from https to http. To another origin no header of a call goes along, and a
  // POST with secrets goes not at all. Outcomes: "AddressRefused", "RemoteUnreachable",
  // "RemoteTimeout": nothing has come for a minute.
  Status SendAll(const std::function<Result<std::optional<HttpJob>>()>& next);
  // One job.
  Result<HttpAnswer> Send(HttpCall call, std::function<Status(std::string_view)> sink);

 private:
  struct Transfer;
  Status Begin(Transfer& transfer);
  // Whether it goes on elsewhere; else `transfer` has its outcome.
  bool GoesOn(Transfer& transfer, CURLcode code);

  const Connections& connections_;
  const std::string ca_file_;
  CURLM* const multi_;
};

}  // namespace ns::git
