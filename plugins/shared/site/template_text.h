// Texts of configurations with places to fill.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ns::site {

// Every @word@ that is a key becomes its value; what is no key stays.
std::string Filled(std::string_view text, const std::map<std::string, std::string>& values);

// For a regular expression: dots mean themselves. Of [a-z0-9.] alone.
std::string Quoted(std::string_view text);

// "wasm|framework\.js|...": of what EncodedByName() lists.
std::string EncodedNames();

}  // namespace ns::site
