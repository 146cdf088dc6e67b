#include "piped_child.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ns/sdk/error.h"

namespace ns::engine_buildkit {

PipedChild::PipedChild(const sdk::Call& call, child::ChildSpec spec) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw sdk::Error(NS_E_UNAVAILABLE, spec.reason, "No pipe for the output of a program.",
                     sdk::Fault::kPlatform);
  read_end_ = ends[0];
  write_end_ = ends[1];
  spec.data = write_end_;
  spec.tick = [this, tick = spec.tick] { return !enough_ && tick(); };
  running_ = std::async(std::launch::async, [this, call, spec = std::move(spec)] {
    // The reader meets the end when both this and the child have closed it.
    struct Closed {
      int fd;
      ~Closed() { ::close(fd); }
    } const closed{write_end_};
    return child::RunChild(call, spec);
  });
}

PipedChild::~PipedChild() {
  enough_ = true;
  ::close(read_end_);
  if (running_.valid()) running_.wait();
}

std::string_view PipedChild::Read() {
  ssize_t got = -1;
  do got = ::read(read_end_, buffer_, sizeof(buffer_));
  while (got < 0 && errno == EINTR);
  return {buffer_, got > 0 ? static_cast<size_t>(got) : 0};
}

child::ChildResult PipedChild::End() {
  while (!Read().empty()) continue;
  return running_.get();
}

child::ChildResult PipedChild::Stop() {
  enough_ = true;
  return End();
}

}  // namespace ns::engine_buildkit
