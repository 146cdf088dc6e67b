#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "http/testing/loopback_server.h"
#include "storage/asking.h"
#include "storage/listing.h"
#include "storage/transfer.h"

namespace ns::storage {
namespace {

using http::testing::LoopbackServer;
using http::testing::Says;
using testing::ElementsAre;
using testing::HasSubstr;

sdk::Error Thrown(const std::function<void()>& body) {
  try {
    body();
  } catch (const sdk::Error& error) {
    return error;
  }
  return sdk::Error(NS_E_UNKNOWN, "", "nothing");
}

Asked Of(const LoopbackServer& server, std::function<bool(const http::Response&)> again) {
  http::Request request;
  request.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  return {"GET of it",
          false,
          std::move(request),
          {},
          std::move(again),
          [](const http::Response& response) {
            return sdk::Error(NS_E_INVALID, "", std::to_string(response.status));
          }};
}

TEST(Asking, EachTry_IsPreparedAndTheLastAnswerIsTheFailure) {
  LoopbackServer server({Says(503), Says(502), "", Says(500), Says(200)});
  http::Client client;
  Asked asked = Of(server, [](const http::Response&) { return true; });
  int tries = 0;
  asked.prepare = [&](http::Request& request) {
    request.headers = {{"X-Try", std::to_string(++tries)}};
  };
  EXPECT_EQ(Thrown([&] { Do(sdk::Call(), client, asked); }).message(), "500");
  ASSERT_EQ(server.requests().size(), 4u);
  EXPECT_THAT(server.requests()[3], HasSubstr("X-Try: 4"));
}

TEST(Asking, OnceOrNotWorthIt_IsNotAskedAgain) {
  for (const bool once : {true, false}) {
    LoopbackServer server({Says(503), Says(200)});
    http::Client client;
    Asked asked = Of(server, [&](const http::Response&) { return once; });
    asked.once = once;
    EXPECT_EQ(Thrown([&] { Do(sdk::Call(), client, asked); }).message(), "503");
    EXPECT_EQ(server.requests().size(), 1u);
  }
}

// Pages of two letters each from "abc...", of which 'c' is somebody else's.
TEST(Listing, Pages_UpToTheLimitAndWithoutWhatIsNoKey) {
  const auto page = [](const sdk::ObjectQuery& query) {
    const char first = query.after.empty() ? 'a' : static_cast<char>(query.after.back() + 1);
    Listing listing;
    for (char c = first; c < first + 2 && c < 'g'; ++c)
      listing.objects.push_back({c == 'c' ? "p/C/c" : std::string("p/") + c, 1});
    listing.more = first + 2 < 'g';
    return listing;
  };
  const auto put = [](void* ctx, const ns_object_info* object) noexcept -> ns_status {
    *static_cast<std::string*>(ctx) += sdk::Text(object->key);
    return NS_OK;
  };
  std::string all, some, rest;
  ListPages({"", "", 100}, "p/", page, sdk::ObjectSink({&all, put}));
  EXPECT_EQ(all, "abdef");
  ListPages({"", "", 3}, "p/", page, sdk::ObjectSink({&some, put}));
  EXPECT_EQ(some, "abd");
  ListPages({"", "d", 3}, "p/", page, sdk::ObjectSink({&rest, put}));
  EXPECT_EQ(rest, "ef");
}

TEST(Transfer, PartOf_TheBytesAskedForOfThatObject) {
  const Part part = PartOf({"k", 2, 3}, {10, "\"e\""});
  EXPECT_EQ(part.length, 3u);
  EXPECT_THAT(part.headers,
              ElementsAre(std::pair("Range", "bytes=2-4"), std::pair("If-Match", "\"e\"")));
  EXPECT_EQ(PartOf({"k", 8, NS_STORAGE_TO_THE_END}, {10, ""}).length, 2u);
  EXPECT_EQ(PartOf({"k", 10, 5}, {10, ""}).length, 0u);
  EXPECT_EQ(Thrown([] { PartOf({"k", 11, 5}, {10, ""}); }).code(), NS_E_RANGE);
}

}  // namespace
}  // namespace ns::storage
