// Repositories that are pushed straight to the platform.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/repository.h"

namespace ns::model {

// What is wrong with the name of such a repository, or an empty text. A good one has 1 to 63
// characters of [a-z0-9-_.], begins with a letter or digit, and has no "..", no "." at its end and
// no ".git" or ".lock" there.
std::string ReceivedNameMistake(std::string_view name);

// "ns-git:NAME", the URL under which it is registered. Nobody can register one by hand:
// ParseRepositoryUrl refuses it.
std::string ReceivedUrl(std::string_view name);
// The name in such a URL; nothing in any other.
std::optional<std::string> ReceivedName(std::string_view url);

// Whether what is built of `whole` may hold `part` as a submodule named by a relative URL: each
// owner of the one owns the other, so that nobody is shown what they could not read.
bool MayHold(const Repository& whole, const Repository& part);

// Whether everybody may see it and make applications of it: the world may read it, too.
bool IsOpen(const Repository& repository);

}  // namespace ns::model
