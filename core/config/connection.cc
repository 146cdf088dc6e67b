#include "config/connection.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "base/nearest.h"
#include "config/scalars.h"

namespace ns::config {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

const std::vector<std::string> kSslModes{"disable", "allow",     "prefer",
                                         "require", "verify-ca", "verify-full"};

std::vector<std::string> OptionNames() {
  const Options defaults(PQconndefaults(), &PQconninfoFree);
  std::vector<std::string> names;
  for (const PQconninfoOption* each = defaults.get(); each && each->keyword; ++each)
    names.emplace_back(each->keyword);
  return names;
}

// The words of libpq up to the first text that they quote: that is of the string. What they expect
// is quoted too, a character each.
std::string WithoutQuoted(std::string_view words) {
  for (size_t at = words.find('"'); at != std::string_view::npos; at = words.find('"', at + 3)) {
    if (at + 2 >= words.size() || words[at + 2] != '"') {
      words = words.substr(0, at);
      break;
    }
  }
  return std::string(words.substr(0, words.find_last_not_of(" :\n") + 1));
}

// An option that is nearly right may be named.
std::string MeantOption(std::string_view words) {
  constexpr std::string_view kInvalid = "invalid connection option \"";
  if (!words.starts_with(kInvalid)) return "";
  words.remove_prefix(kInvalid.size());
  const std::string near = Nearest(words.substr(0, words.find('"')), OptionNames());
  return near.empty() ? "" : "; did you mean " + Quote(near) + "?";
}

// Of one host, or of several with commas between; empty: the default.
bool ArePorts(const std::string& ports) {
  for (size_t begin = 0; begin <= ports.size();) {
    const size_t end = std::min(ports.find(',', begin), ports.size());
    int64_t port = 0;
    if (end > begin && !ParseInteger(ports.substr(begin, end - begin), 1, 65535, port).empty())
      return false;
    begin = end + 1;
  }
  return true;
}

// What libpq would say only when it connects.
std::string OptionMistake(std::string_view name, const std::string& value) {
  if (name == "port" && !ArePorts(value)) return "its port must be a number from 1 to 65535";
  const bool mode = std::ranges::find(kSslModes, value) != kSslModes.end();
  if (name == "sslmode" && !mode)
    return "its sslmode is none that libpq knows" + Suggestion("", kSslModes);
  return "";
}

}  // namespace

std::string ConnectionMistake(const std::string& connection) {
  char* words = nullptr;
  const Options options(PQconninfoParse(connection.c_str(), &words), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(words, &PQfreemem);
  if (!options) {
    const std::string_view said = words ? words : "out of memory";
    return "is no connection string that PostgreSQL reads: " + WithoutQuoted(said) +
           MeantOption(said);
  }
  for (const PQconninfoOption* each = options.get(); each->keyword; ++each) {
    if (!each->val) continue;
    const std::string mistake = OptionMistake(each->keyword, each->val);
    if (!mistake.empty()) return "is no connection string that PostgreSQL reads: " + mistake;
  }
  return "";
}

}  // namespace ns::config
