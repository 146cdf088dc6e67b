// What an operator says of a server that keeps objects. All but Read throw NS_E_INVALID with the
// field, the rule and the value.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "ns/sdk/error.h"

namespace ns::storage {

sdk::Error Invalid(const std::string& what);

// `plugin`: its name, for the message.
boost::json::object ParseSettings(const std::string& text, const char* plugin);

std::string Text(const boost::json::object& from, const char* name,
                 const std::string& otherwise = "");

// Bytes, at least `least`.
uint64_t PartSize(const boost::json::object& from, uint64_t otherwise, int64_t least);

// What is put before every key: empty, or names with a slash behind each.
std::string Prefix(const boost::json::object& from);

// A text, or the file that holds it.
struct Credential {
  std::string text, file;
};
Credential Secret(const boost::json::object& from, const char* name);

// The text, or the first line of the file. Throws NS_E_UNAVAILABLE where that cannot be read.
std::string Read(const Credential& credential, const char* name);

// Whether the text is of [a-z0-9] and of `more`.
bool Only(std::string_view text, std::string_view more);

}  // namespace ns::storage
