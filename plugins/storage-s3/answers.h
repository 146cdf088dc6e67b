// What a server that speaks S3 answers. Text in, values out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.h"
#include "ns/sdk/storage.h"
#include "storage/listing.h"

namespace ns::storage_s3 {

// The body of an error: <Error><Code>NoSuchKey</Code><Message>...
struct Problem {
  std::string code, message;  // empty where the body is none
};
Problem ParseProblem(std::string_view xml);

// Whether the same request may succeed a moment later.
bool IsPassing(const http::Response& response);

// The failure that an answer other than success stands for. `what`: "PUT of sites/a".
sdk::Error ErrorOf(const std::string& what, const http::Response& response);

// All three throw NS_E_UNAVAILABLE where the text is something else.
storage::Listing ParseListing(std::string_view xml);
std::string ParseUploadId(std::string_view xml);

struct Upload {
  std::string key, id;
  std::string began;  // "2026-11-26T06:38:11Z"
};
std::vector<Upload> ParseUploads(std::string_view xml);

// The body that ends an upload of parts with these ETags, in their order.
std::string RenderParts(const std::vector<std::string>& etags);
// Whether the answer with status 200 to it says that the object is there: an error may come in it.
bool IsCompleted(std::string_view xml);

}  // namespace ns::storage_s3
