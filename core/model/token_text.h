// The text of an API token: "nst_", 40 characters of chance and 6 that check it, all of
// [0-9A-Za-z]. Recognisable, so that scanners of sources find one that was left there
// (`nst_[0-9A-Za-z]{46}`) and a mistyped one is told from one that is unknown. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"

namespace ns::model {

inline constexpr std::string_view kTokenPrefix = "nst_";

// 238 bits of chance.
Secret NewTokenText(Random& random);
// The prefix, the length, the alphabet and the check are right.
bool IsTokenText(std::string_view text);
// What is kept of it: SHA-256, 64 hex characters. A text with that much chance needs no slow hash.
std::string TokenHash(std::string_view text);

}  // namespace ns::model
