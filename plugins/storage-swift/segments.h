// Objects that are put in segments, as static large objects: nobody sees one before its manifest.
// The segments of one upload are PREFIX KEY/UPLOAD/00001 and so on, in the container of segments;
// the manifest carries the name of its upload.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "container.h"

namespace ns::storage_swift {

// More than a Swift takes by default.
constexpr uint64_t kMostSegments = 1'000;

// Whether an answer to a put says that it took the place of what was there. Swift accepts what is
// older than that, by the clock of the proxy, with 202 and drops it.
inline bool TookPlace(const http::Response& response) { return response.status != 202; }

// The upload that a manifest names; empty: an object without segments.
std::string UploadOf(const http::Response& response);

class SegmentUpload {
 public:
  // Both references must outlive it.
  SegmentUpload(Container& container, const sdk::Call& call, const std::string& key);
  // Gives up what was not completed, by a call of its own and for three seconds at most.
  ~SegmentUpload();
  SegmentUpload(const SegmentUpload&) = delete;
  SegmentUpload& operator=(const SegmentUpload&) = delete;

  void Add(const std::string& part);
  // Puts the manifest. Where nobody knows whether the server has it, the segments stay. False: the
  // server has something newer.
  bool Complete();

 private:
  std::string NameOf(size_t number) const;  // from 1

  Container& container_;
  const sdk::Call& call_;
  const std::string key_, upload_;
  std::vector<Segment> segments_;
  size_t begun_ = 0;
  bool give_up_ = true;
};

// Removes the segments of an upload that no manifest names any more.
void RemoveSegments(Container& container, const sdk::Call& call, const std::string& key,
                    const std::string& upload);

// Removes what crashes and lost answers have left below the prefix: uploads whose last segment is
// over a day old, and that the object does not name.
void SweepSegments(Container& container, const sdk::Call& call);

}  // namespace ns::storage_swift
