#include "site/template_text.h"

#include "site/mime.h"

namespace ns::site {

std::string Filled(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string filled;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text[at] == '@' ? text.find('@', at + 1) : std::string_view::npos;
    const auto value = end == std::string_view::npos
                           ? values.end()
                           : values.find(std::string(text.substr(at + 1, end - at - 1)));
    if (value == values.end()) {
      filled += text[at++];
    } else {
      filled += value->second;
      at = end + 1;
    }
  }
  return filled;
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  for (const char c : text) quoted += c == '.' ? std::string("\\.") : std::string(1, c);
  return quoted;
}

std::string EncodedNames() {
  std::string text;
  for (const MimeType& type : EncodedByName())
    text += (text.empty() ? "" : "|") + Quoted(type.ending);
  return text;
}

}  // namespace ns::site
