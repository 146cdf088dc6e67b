#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "answers.h"
#include "config.h"

namespace ns::storage_s3 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

sdk::Error ErrorFrom(const std::function<void()>& body) {
  try {
    body();
  } catch (const sdk::Error& error) {
    return error;
  }
  return sdk::Error(NS_E_UNKNOWN, "", "nothing was thrown");
}

std::string With(const std::string& more) {
  return R"({"bucket": "files", "access_key": "a", "secret_key": "s")" + more + "}";
}

TEST(S3Config, LeftOut_AsAmazonHasIt) {
  const Config config = ParseConfig(With(R"(, "region": "eu-central-1")"));
  EXPECT_EQ(config.Url(), "https://s3.eu-central-1.amazonaws.com/files");
  EXPECT_EQ(config.part_size, 16u << 20);
}

TEST(S3Config, Styles_TheBucketInThePathOrInTheHost) {
  const std::string endpoint = R"(, "endpoint": "http://10.0.0.1:9000/")";
  EXPECT_EQ(ParseConfig(With(endpoint)).Url(), "http://10.0.0.1:9000/files");
  EXPECT_EQ(ParseConfig(With(endpoint + R"(, "style": "virtual")")).Url(),
            "http://files.10.0.0.1:9000");
}

TEST(S3Config, WhatIsWrong_IsNamedWithItsValue) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"bucket": "b", "access_key": "a", "secret_key": "s"})", "bucket is \"b\""},
      {R"({"bucket": "files", "access_key": "a"})", "secret_key must be"},
      {R"({"bucket": "files", "access_key": "a", "secret_key": {"file": "x"}})", "absolute path"},
  };
  for (const auto& [json, what] : wrong)
    EXPECT_THAT(ErrorFrom([&] { ParseConfig(json); }).message(), HasSubstr(what));
  const std::pair<const char*, const char*> more[] = {
      {R"(, "endpoint": "ftp://x")", "endpoint is \"ftp://x\""},
      {R"(, "endpoint": "https://x/path")", "without a path"},
      {R"(, "endpoint": "https://")", "endpoint is"},
      {R"(, "endpoint": "https://u:p@x")", "endpoint is"},
      {R"(, "region": "EU")", "region is \"EU\""},
      {R"(, "prefix": "a")", "prefix is \"a\""},
      {R"(, "prefix": "../")", "prefix is \"../\""},
      {R"(, "part_size": 5)", "part_size is 5;"},
  };
  for (const auto& [json, what] : more) {
    const sdk::Error error = ErrorFrom([&] { ParseConfig(With(json)); });
    EXPECT_THAT(error.message(), HasSubstr(what));
    EXPECT_EQ(error.reason(), NS_REASON_CONFIG_INVALID);
    EXPECT_EQ(error.fault(), sdk::Fault::kOperator);
  }
}

TEST(S3Config, SecretOfAFile_ItsFirstLine) {
  char path[] = "/tmp/ns-s3-secret.XXXXXX";
  ::close(::mkstemp(path));
  const Config config =
      ParseConfig(R"({"bucket": "files", "access_key": "a", "secret_key": {"file": ")" +
                  std::string(path) + R"("}})");
  EXPECT_THAT(ErrorFrom([&] { storage::Read(config.secret_key, "secret_key"); }).message(),
              HasSubstr(path));
  std::ofstream(path) << "hush\r\nmore\n";
  EXPECT_EQ(storage::Read(config.secret_key, "secret_key"), "hush");
  EXPECT_EQ(storage::Read(config.access_key, "access_key"), "a");
  ::unlink(path);
  const sdk::Error gone = ErrorFrom([&] { storage::Read(config.secret_key, "secret_key"); });
  EXPECT_EQ(gone.code(), NS_E_UNAVAILABLE);  // it may come: tried again
}

http::Response Said(int status, const std::string& code) {
  return {status,
          {},
          "<?xml version=\"1.0\"?><Error><Code>" + code +
              "</Code><Message>The reason &amp; more</Message></Error>"};
}

TEST(S3Answers, Errors_TheReasonsOfAStorage) {
  struct Case {
    int status;
    const char* code;
    ns_status expected;
    const char* reason;
    sdk::Fault fault;
  };
  const Case cases[] = {
      {404, "NoSuchKey", NS_E_NOT_FOUND, NS_REASON_OBJECT_MISSING, sdk::Fault::kPlatform},
      {404, "NoSuchBucket", NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, sdk::Fault::kOperator},
      {403, "SignatureDoesNotMatch", NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED,
       sdk::Fault::kOperator},
      {403, "RequestTimeTooSkewed", NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED,
       sdk::Fault::kOperator},
      {403, "QuotaExceeded", NS_E_UNAVAILABLE, NS_REASON_DISK_FULL, sdk::Fault::kPlatform},
      {507, "XMinioStorageFull", NS_E_UNAVAILABLE, NS_REASON_DISK_FULL, sdk::Fault::kPlatform},
      {400, "XAmzContentSHA256Mismatch", NS_E_INVALID, NS_REASON_DIGEST_MISMATCH,
       sdk::Fault::kPlatform},
      {400, "MalformedXML", NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, sdk::Fault::kOperator},
      {503, "SlowDown", NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, sdk::Fault::kPlatform},
  };
  for (const Case& one : cases) {
    const sdk::Error error = ErrorOf("PUT of b/k", Said(one.status, one.code));
    EXPECT_EQ(error.code(), one.expected) << one.code;
    EXPECT_EQ(error.reason(), one.reason) << one.code;
    EXPECT_EQ(error.fault(), one.fault) << one.code;
    EXPECT_EQ(error.message(), "PUT of b/k: the server says " + std::to_string(one.status) + " " +
                                   one.code + ": The reason & more");
  }
  EXPECT_EQ(ErrorOf("HEAD of b/k", {404, {}, ""}).message(), "HEAD of b/k: the server says 404.");
  EXPECT_EQ(ErrorOf("GET of b/k", {502, {}, "<html>no XML"}).reason(),
            NS_REASON_STORAGE_UNAVAILABLE);
}

TEST(S3Answers, Passing_AreThoseOfTheServer) {
  for (const int status : {409, 429, 500, 502, 503, 504}) EXPECT_TRUE(IsPassing({status, {}, ""}));
  for (const int status : {301, 400, 403, 404, 412, 501}) EXPECT_FALSE(IsPassing({status, {}, ""}));
}

TEST(S3Answers, Listing_KeysAndSizes) {
  const storage::Listing listing = ParseListing(
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true"
      "</IsTruncated><Contents><Key>a/b</Key><Size>6</Size></Contents><Contents><Size>"
      "5000000000</Size><Key>c&amp;d</Key></Contents></ListBucketResult>");
  EXPECT_TRUE(listing.more);
  ASSERT_EQ(listing.objects.size(), 2u);
  EXPECT_EQ(listing.objects[0].key, "a/b");
  EXPECT_EQ(listing.objects[1].key, "c&d");
  EXPECT_EQ(listing.objects[1].size, 5'000'000'000u);
  for (const char* text :
       {"", "<html/>", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Size>x</Size><Key>a</Key></Contents></ListBucketResult>"})
    EXPECT_EQ(ErrorFrom([&] { ParseListing(text); }).code(), NS_E_UNAVAILABLE) << text;
}

TEST(S3Answers, Uploads_BegunListedAndCompleted) {
  EXPECT_EQ(ParseUploadId("<InitiateMultipartUploadResult><UploadId>u-1</UploadId>"
                          "</InitiateMultipartUploadResult>"),
            "u-1");
  EXPECT_EQ(ErrorFrom([] { ParseUploadId("<a/>"); }).code(), NS_E_UNAVAILABLE);
  const auto uploads = ParseUploads(
      "<ListMultipartUploadsResult><Upload><Initiated>2026-11-26T06:38:11Z</Initiated><Key>k</Key>"
      "<UploadId>u</UploadId></Upload></ListMultipartUploadsResult>");
  ASSERT_EQ(uploads.size(), 1u);
  EXPECT_EQ(uploads[0].began, "2026-11-26T06:38:11Z");
  EXPECT_EQ(
      RenderParts({"\"a\"", "\"b<\""}),
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part>"
      "<Part><PartNumber>2</PartNumber><ETag>\"b&lt;\"</ETag></Part></CompleteMultipartUpload>");
  EXPECT_TRUE(IsCompleted("<CompleteMultipartUploadResult/>"));
  EXPECT_FALSE(IsCompleted("<Error><Code>InternalError</Code></Error>"));
  EXPECT_FALSE(IsCompleted(""));
}

}  // namespace
}  // namespace ns::storage_s3
