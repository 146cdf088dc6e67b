#include "connect.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "base64.h"
#include "utf8.h"

namespace ns::gateway {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

struct CodeRow {
  std::string_view name;
  int http_status;
};

constexpr std::array<CodeRow, 17> kCodes = {{
    {"unknown", 500},  // NS_OK is no failure
    {"canceled", 499},
    {"unknown", 500},
    {"invalid_argument", 400},
    {"deadline_exceeded", 504},
    {"not_found", 404},
    {"already_exists", 409},
    {"permission_denied", 403},
    {"resource_exhausted", 429},
    {"failed_precondition", 400},
    {"aborted", 409},
    {"out_of_range", 400},
    {"unimplemented", 501},
    {"internal", 500},
    {"unavailable", 503},
    {"data_loss", 500},
    {"unauthenticated", 401},
}};

const CodeRow& RowOf(ns_status code) {
  return kCodes[code >= 0 && static_cast<size_t>(code) < kCodes.size() ? static_cast<size_t>(code)
                                                                       : size_t{NS_E_UNKNOWN}];
}

// Reads the length-delimited fields of a message; gives each to `take(number, bytes)`. False:
// malformed.
template <class Take>
bool EachField(std::string_view bytes, const Take& take) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  while (const uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag)) return false;
      continue;
    }
    uint32_t size = 0;
    std::string value;
    if (!in.ReadVarint32(&size) || size > bytes.size() ||
        !in.ReadString(&value, static_cast<int>(size)))
      return false;
    take(WireFormatLite::GetTagFieldNumber(tag), std::move(value));
  }
  return in.ConsumedEntireMessage();
}

std::optional<Detail> DetailOf(std::string_view any) {
  Detail detail;
  const bool read = EachField(any, [&](int number, std::string value) {
    if (number == 1) detail.type = value.substr(value.rfind('/') + 1);
    if (number == 2) detail.value = std::move(value);
  });
  if (!read || detail.type.empty() || !IsUtf8(detail.type)) return std::nullopt;
  return detail;
}

boost::json::object DetailJson(const Detail& detail) {
  boost::json::object json{{"type", detail.type}, {"value", Base64(detail.value)}};
  boost::json::error_code error;
  if (boost::json::value debug = boost::json::parse(detail.debug, error); !error)
    json["debug"] = std::move(debug);
  return json;
}

}  // namespace

std::string_view CodeName(ns_status code) { return RowOf(code).name; }

int HttpStatus(ns_status code) { return RowOf(code).http_status; }

int HttpStatus(const Problem& problem) {
  return problem.http_status ? problem.http_status : HttpStatus(problem.code);
}

std::string ErrorJson(const Problem& problem) {
  boost::json::object json{{"code", CodeName(problem.code)}};
  if (!problem.message.empty()) json["message"] = MadeUtf8(problem.message);
  if (!problem.details.empty()) {
    boost::json::array& details = json["details"].emplace_array();
    for (const Detail& detail : problem.details) details.push_back(DetailJson(detail));
  }
  return boost::json::serialize(json);
}

std::vector<Detail> DetailsOf(std::string_view status) {
  std::vector<Detail> details;
  EachField(status, [&](int number, const std::string& value) {
    if (number != 3) return;
    if (auto detail = DetailOf(value)) details.push_back(std::move(*detail));
  });
  return details;
}

std::optional<std::chrono::milliseconds> ParseTimeout(std::string_view value) {
  if (value.empty() || value.size() > 10 ||
      !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  int64_t milliseconds = 0;
  std::from_chars(value.data(), value.data() + value.size(), milliseconds);
  return std::chrono::milliseconds(milliseconds);
}

}  // namespace ns::gateway
