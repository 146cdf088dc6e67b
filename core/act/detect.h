// Which build methods fit a source: asks all and orders what they say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ports/build.h"

namespace ns::act {

struct MethodSuggestion {
  std::string method;  // "static-cmd"
  ports::Suggestion suggestion;
  friend bool operator==(const MethodSuggestion&, const MethodSuggestion&) = default;
};

struct Detection {
  // The best fit first; between equal ones by the method's name, then as the method has them.
  std::vector<MethodSuggestion> fits;
  std::vector<MethodSuggestion> misfits;  // fit 0, by the method's name: why not
  std::map<std::string, Status> failed;   // methods that could not be asked, without those that
                                          // never say anything (kUnsupported)
};

// `methods`: by the name that applications have for them. Pure but for the methods; one that fails
// keeps no other from it.
Detection Detect(const ports::Call& call, const std::map<std::string, ports::BuildMethod*>& methods,
                 const ports::SourceListing& source);

}  // namespace ns::act
