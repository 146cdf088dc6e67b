// Whether the path of a violation is one of the request that it is about.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"

namespace ns::api {

// "websites.websites[0].fqdn" of an UpdateApplicationRequest. `settings` of a build are JSON: what
// follows lies in there.
inline bool IsFieldPath(const google::protobuf::Descriptor& request, std::string_view path) {
  const google::protobuf::Descriptor* in = &request;
  for (;;) {
    const size_t dot = std::min(path.find('.'), path.size());
    std::string_view part = path.substr(0, dot);
    const bool last = dot == path.size();
    const size_t bracket = std::min(part.find('['), part.size());
    const bool indexed = bracket < part.size();
    if (indexed) {
      const std::string_view index = part.substr(bracket + 1, part.size() - bracket - 2);
      if (!part.ends_with(']') || index.empty() ||
          index.find_first_not_of("0123456789") != std::string_view::npos)
        return false;
      part = part.substr(0, bracket);
    }
    const auto* field = in == nullptr ? nullptr : in->FindFieldByName(std::string(part));
    if (field == nullptr || (indexed && !field->is_repeated())) return false;
    if (last || (field->name() == "settings" && field->message_type() == nullptr)) return true;
    if (field->is_repeated() && !indexed) return false;
    in = field->message_type();
    path.remove_prefix(dot + 1);
  }
}

}  // namespace ns::api
