// How much one answer about output holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "model/deploy.h"
#include "ports/backend.h"

namespace ns::ports {

// Bytes of a line; what a longer one goes on with is left out.
inline constexpr size_t kLongestLine = size_t{64} << 10;
// Bytes of one answer.
// Rationale: gRPC takes messages of 4 MiB where nobody says otherwise, between hosts and at
// clients.
inline constexpr size_t kMostOutput = size_t{3} << 20;

// What a line takes of an answer: its text, and its time and marks at their largest.
inline size_t SizeOf(const model::LogLine& line) { return line.text.size() + 64; }

// Keeps the newest of lines that come ascending by time: as many as kMostOutput holds, and no more
// than the query's limit.
class NewestLines {
 public:
  explicit NewestLines(const LogQuery& query)
      : most_(static_cast<size_t>(query.limit > 0 ? query.limit : 0)) {}

  void Put(model::LogLine line) {
    size_ += SizeOf(line);
    lines_.push_back(std::move(line));
    while (lines_.size() > most_ || size_ > kMostOutput) {
      size_ -= SizeOf(lines_.front());
      lines_.pop_front();
    }
  }
  std::vector<model::LogLine> Take() {
    size_ = 0;
    std::vector<model::LogLine> lines(std::make_move_iterator(lines_.begin()),
                                      std::make_move_iterator(lines_.end()));
    lines_.clear();
    return lines;
  }

 private:
  const size_t most_;
  size_t size_ = 0;
  std::deque<model::LogLine> lines_;
};

// Whether older lines that the query asks for may have had no room in its answer.
inline bool MayLeaveOut(const LogQuery& query, const std::vector<model::LogLine>& lines) {
  size_t size = kLongestLine + SizeOf({});  // of the next older one
  for (const model::LogLine& line : lines) size += SizeOf(line);
  return size > kMostOutput || static_cast<int64_t>(lines.size()) >= query.limit;
}

}  // namespace ns::ports
