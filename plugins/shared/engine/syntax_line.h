// The line of a Dockerfile that names a front end: an image which BuildKit would run to read it.
#pragma once

#include <string>

namespace ns::engine {

// The same Dockerfile without such a line, as long in lines as before. What a foreign front end
// starts bears no mark of the build and so none of its limits; the builder's own front end reads
// the file instead. Pure.
std::string WithoutSyntax(const std::string& dockerfile);

// What the log of a build says of it.
inline constexpr const char* kSyntaxLeftOut =
    "#build the line \"syntax=\" is left out: the engine reads the Dockerfile itself\n";

}  // namespace ns::engine
