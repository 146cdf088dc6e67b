// An object that is put in parts: nobody sees it before the last word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bucket.h"

namespace ns::storage_s3 {

// Given up where it goes before it was completed.
class PartUpload {
 public:
  PartUpload(Bucket& bucket, const sdk::Call& call, const std::string& key);
  ~PartUpload();
  PartUpload(const PartUpload&) = delete;
  PartUpload& operator=(const PartUpload&) = delete;

  void Add(std::string part);
  void Complete();

 private:
  Bucket& bucket_;
  const sdk::Call call_;
  const std::string key_;
  std::string id_;
  std::vector<std::string> etags_;
};

// Gives up what crashes have left below the bucket's prefix: uploads that began over a day ago.
void SweepUploads(Bucket& bucket, const sdk::Call& call);

}  // namespace ns::storage_s3
