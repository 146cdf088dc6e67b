// What a Dockerfile tells of the application in it. Pure.
#pragma once

#include <string_view>

namespace ns::build {

// The TCP port that the last stage with an EXPOSE names first; 0 when none is named or it cannot be
// told. Values of ARG and ENV that the file itself gives are put in.
int ExposedPort(std::string_view dockerfile);

}  // namespace ns::build
