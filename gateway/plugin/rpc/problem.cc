#include "rpc/problem.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "rpc/base64.h"
#include "rpc/utf8.h"

namespace ns::gateway::rpc {
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

Problem BodyTooLong(uint64_t most) {
  return {NS_E_EXHAUSTED, "The body is longer than " + std::to_string(most) + " bytes.", {}, 413};
}

Problem NoMemory() {
  return {NS_E_EXHAUSTED,
          "Too much is being read and answered at once; try again in a moment.",
          {},
          503};
}

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

std::string StatusBytes(const Problem& problem) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  WireFormatLite::WriteInt32(1, problem.code, &out);
  WireFormatLite::WriteString(2, MadeUtf8(problem.message), &out);
  for (const Detail& detail : problem.details) {
    std::string any;
    {
      google::protobuf::io::StringOutputStream any_stream(&any);
      google::protobuf::io::CodedOutputStream any_out(&any_stream);
      WireFormatLite::WriteString(1, "type.googleapis.com/" + detail.type, &any_out);
      WireFormatLite::WriteBytes(2, detail.value, &any_out);
    }
    WireFormatLite::WriteBytes(3, any, &out);
  }
  out.Trim();
  return bytes;
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7e && c != '%')
      encoded += c;
    else
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return encoded;
}

}  // namespace ns::gateway::rpc
