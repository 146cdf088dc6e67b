// The list of requests that every server of sites answers alike.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ns::sites {

// Where a server may answer otherwise, docs/design/sites.md says why.
struct Expected {
  std::string app, release;
  std::string method = "GET", target;
  std::vector<std::string> headers;  // of the request; {etag:/x} becomes the tag of /x
  int status = 200;
  std::map<std::string, std::string> answer;  // headers in lower case; "": must not be there
  std::string body;
  bool any_body = false;  // the server's own words
  std::map<std::string, int> otherwise =
      {};  // another status of a server; its body is not looked at

  std::string Name() const;  // for people
};

std::vector<Expected> Requests();

}  // namespace ns::sites
