#include "answers.h"

#include <charconv>
#include <pugixml.hpp>
#include <sstream>

namespace ns::storage_s3 {
namespace {

using sdk::Error;
using sdk::Fault;

pugi::xml_document Parse(std::string_view xml) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());  // what is no XML has no node that is asked for
  return document;
}

std::string TextOf(const pugi::xml_node& node, const char* name) {
  return node.child(name).text().as_string();
}

Error NotUnderstood(const char* what) {
  return Error(
      NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE,
      std::string("The server's answer is no ") + what + "; is the endpoint one that speaks S3?",
      Fault::kOperator);
}

bool IsOneOf(const std::string& code, std::initializer_list<const char*> codes) {
  for (const char* one : codes) {
    if (code == one) return true;
  }
  return false;
}

Error Make(ns_status code, const char* reason, const std::string& message, Fault fault) {
  return Error(code, reason, message, fault);
}

}  // namespace

Problem ParseProblem(std::string_view xml) {
  const auto document = Parse(xml);
  const pugi::xml_node error = document.child("Error");
  return {TextOf(error, "Code"), TextOf(error, "Message").substr(0, 500)};
}

bool IsPassing(const http::Response& response) {
  // 409: others do something with that key just now.
  return response.status == 409 || response.status == 429 || response.status == 500 ||
         response.status == 502 || response.status == 503 || response.status == 504;
}

Error ErrorOf(const std::string& what, const http::Response& response) {
  const Problem problem = ParseProblem(response.body);
  const std::string message = what + ": the server says " + std::to_string(response.status) +
                              (problem.code.empty() ? "" : " " + problem.code) +
                              (problem.message.empty() ? "." : ": " + problem.message);
  if (problem.code == "NoSuchBucket")
    return Make(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, message, Fault::kOperator);
  if (response.status == 404)
    return Make(NS_E_NOT_FOUND, NS_REASON_OBJECT_MISSING, message, Fault::kPlatform);
  if (IsOneOf(problem.code, {"XAmzContentSHA256Mismatch", "BadDigest", "InvalidDigest"}))
    return Make(NS_E_INVALID, NS_REASON_DIGEST_MISMATCH, message, Fault::kPlatform);
  if (response.status == 507 ||
      IsOneOf(problem.code, {"QuotaExceeded", "InsufficientCapacity", "XMinioStorageFull"}))
    return Make(NS_E_UNAVAILABLE, NS_REASON_DISK_FULL, message, Fault::kPlatform);
  if (response.status == 401 || response.status == 403)
    return Make(NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED, message, Fault::kOperator);
  return Make(NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, message,
              response.status >= 500 ? Fault::kPlatform : Fault::kOperator);
}

storage::Listing ParseListing(std::string_view xml) {
  const auto document = Parse(xml);
  const pugi::xml_node result = document.child("ListBucketResult");
  if (!result) throw NotUnderstood("list of objects");
  storage::Listing listing;
  listing.more = TextOf(result, "IsTruncated") == "true";
  for (const pugi::xml_node& object : result.children("Contents")) {
    const std::string size = TextOf(object, "Size");
    sdk::ObjectInfo info{TextOf(object, "Key"), 0};
    const auto read = std::from_chars(size.data(), size.data() + size.size(), info.size);
    if (info.key.empty() || read.ec != std::errc()) throw NotUnderstood("list of objects");
    listing.objects.push_back(std::move(info));
  }
  return listing;
}

std::string ParseUploadId(std::string_view xml) {
  const auto document = Parse(xml);
  std::string id = TextOf(document.child("InitiateMultipartUploadResult"), "UploadId");
  if (id.empty()) throw NotUnderstood("upload");
  return id;
}

std::vector<Upload> ParseUploads(std::string_view xml) {
  const auto document = Parse(xml);
  const pugi::xml_node result = document.child("ListMultipartUploadsResult");
  if (!result) throw NotUnderstood("list of uploads");
  std::vector<Upload> uploads;
  for (const pugi::xml_node& upload : result.children("Upload"))
    uploads.push_back(
        {TextOf(upload, "Key"), TextOf(upload, "UploadId"), TextOf(upload, "Initiated")});
  return uploads;
}

std::string RenderParts(const std::vector<std::string>& etags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  for (size_t i = 0; i < etags.size(); ++i) {
    pugi::xml_node part = root.append_child("Part");
    part.append_child("PartNumber").text().set(static_cast<unsigned>(i + 1));
    part.append_child("ETag").text().set(etags[i].c_str());
  }
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return text.str();
}

bool IsCompleted(std::string_view xml) {
  return static_cast<bool>(Parse(xml).child("CompleteMultipartUploadResult"));
}

}  // namespace ns::storage_s3
