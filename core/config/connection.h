// Connection strings of PostgreSQL, as libpq reads them.
#pragma once

#include <string>

namespace ns::config {

// What is wrong with it, or an empty text. Shows nothing of it, since it may hold a password.
std::string ConnectionMistake(const std::string& connection);

}  // namespace ns::config
