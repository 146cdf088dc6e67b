// Typed ids: 22 lower-case hex characters (11 random bytes), as the public API fixes them.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace ns {

class Random;

// True for 22 characters of [0-9a-f].
bool IsId(std::string_view text);
std::string NewIdText(Random& random);

// An id of one kind of thing. Ids of different kinds do not mix. Empty: no such thing.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  static Id New(Random& random) { return Id(NewIdText(random)); }

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

using UserId = Id<struct UserTag>;
using RepositoryId = Id<struct RepositoryTag>;
using AppId = Id<struct AppTag>;
using WebsiteId = Id<struct WebsiteTag>;
using BuildId = Id<struct BuildTag>;
using ReleaseId = Id<struct ReleaseTag>;
using ArtifactId = Id<struct ArtifactTag>;
using HostId = Id<struct HostTag>;
using KeyId = Id<struct KeyTag>;
using TokenId = Id<struct TokenTag>;

}  // namespace ns
