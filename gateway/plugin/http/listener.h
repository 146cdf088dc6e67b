// Accepts from one listening socket, never more than so many connections at once; the system ends
// those whose peers have vanished.
#pragma once

#include <functional>
#include <memory>

#include "http/limits.h"

namespace boost::asio {
class io_context;
}

namespace ns::gateway::http {

// Lives on the thread of the io_context.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  // A connection of this one has ended.
  virtual void Release() = 0;
  // Takes those that wait, however many connections there are, and accepts no more.
  virtual void Stop() = 0;
};

// `fd` stays the host's. `take` owns the connected socket it is given. Throws
// boost::system::system_error when the system gives nothing to accept with.
// `limits` outlive it.
std::shared_ptr<Acceptor> Accept(boost::asio::io_context& io, int fd, uint32_t most,
                                 const Limits& limits, std::function<void(int)> take);

}  // namespace ns::gateway::http
