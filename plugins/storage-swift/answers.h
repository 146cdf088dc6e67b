// What Swift and Keystone are told and answer. Text in, values out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config.h"
#include "http/http.h"
#include "ns/sdk/storage.h"

namespace ns::storage_swift {

// Whether the same request may succeed a moment later.
bool IsPassing(const http::Response& response);

// What a 404 is about.
enum class Missing { kObject, kContainer };

// The failure that an answer other than success stands for. `what`: "PUT of files/sites/a".
sdk::Error ErrorOf(const std::string& what, const http::Response& response, Missing missing);

// Where the objects of an account are, and what opens them.
struct Access {
  std::string url;  // without a slash at its end
  std::string token;
};

// The body of a request for a token of Keystone.
std::string RenderSignIn(const Config& config, const std::string& key);
// From the answers to a request to sign in; throw NS_E_UNAVAILABLE where they name no storage.
Access ParseV1(const http::Response& response);
Access ParseV3(const http::Response& response, const std::string& region);

// What a container lists.
struct Entry {
  std::string name;
  uint64_t size = 0;
  std::string modified;  // "2026-11-26T06:38:11.123456"
};
// Throws NS_E_UNAVAILABLE where the text is something else.
std::vector<Entry> ParseEntries(std::string_view json);

// Of an upload in segments.
struct Segment {
  std::string path;  // "/files_segments/sites/a/0f.../00001"
  std::string md5;   // 32 hex characters
  uint64_t size = 0;
};
std::string RenderManifest(const std::vector<Segment>& segments);

// 32 hex characters.
std::string Md5Hex(std::string_view bytes);

}  // namespace ns::storage_swift
