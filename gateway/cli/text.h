// How values look on a terminal and in JSON. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace google::protobuf {
class Message;
class Timestamp;
}  // namespace google::protobuf

namespace ns::cli {

// Columns as wide as what they hold, two spaces between; no spaces at ends of lines. The first row
// is the head.
std::string Table(const std::vector<std::vector<std::string>>& rows);
// What a screen of that size has room for of a table: lines are cut, and how many are left out
// stands below.
std::string Fitted(const std::string& text, size_t rows, size_t columns);
// "12 ms", "3.4 s", "2 min 5 s", "3 h 2 min".
std::string Span(double seconds);
// "3 min ago", or "-" for a time that is not set. `now`: seconds since 1970.
std::string Ago(const google::protobuf::Timestamp& time, int64_t now);
// The first eight characters; "-" for none (empty, or zeros).
std::string ShortCommit(const std::string& commit);
// Control characters of `text` as spaces, so that a name cannot paint the terminal.
std::string Plain(const std::string& text);
// The same of text of several lines: line ends and tabs stay.
std::string Clean(const std::string& text);
// With a to z for A to Z.
std::string Lowered(std::string text);
// "sample" of "http://x/y/sample.git".
std::string NameOfUrl(std::string url);
// JSON with every field on one line.
std::string JsonLine(const google::protobuf::Message& message);
// JSON with every field, indented, one newline at the end.
std::string Json(const google::protobuf::Message& message);

}  // namespace ns::cli
