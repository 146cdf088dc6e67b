// Streams that go on where they broke off.
#pragma once

#include <functional>

#include "context.h"

namespace ns::cli {

// Runs `connect` until it returns, which is when the stream has ended by itself. While nothing
// answers, or the server lets go of its clients, it is run again after a pause. Throws what other
// refusals throw, and Failure(kUnreachable) when nothing has come for 30 s. `connect` gets `alive`,
// to be called with each message.
void UntilItEnds(Context& context,
                 const std::function<void(const std::function<void()>& alive)>& connect);

}  // namespace ns::cli
