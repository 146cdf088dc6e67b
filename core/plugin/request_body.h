// The body of a request that streams, between the thread that brings it and the one that uses it.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace ns::plugin {

// Whoever wants the bytes keeps them few, by what is wanted of the edge. [any-thread]
class RequestBody {
 public:
  enum class State { kMore, kWhole, kAbandoned };

  ~RequestBody();
  RequestBody() = default;
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  void Put(std::string_view piece, bool last);
  // Nobody sends any more.
  void Abandon();
  // Appends what has come and was not taken yet.
  State Take(std::string& out);
  // A descriptor that is readable while Take would give something new; -1: the system has none
  // left. From the first call on.
  int ready();

 private:
  void Tell();

  std::mutex mutex_;
  std::string bytes_;
  State state_ = State::kMore;
  int event_ = -1;
  bool news_ = false;
};

}  // namespace ns::plugin
