#include "engine/turns.h"

#include <gmock/gmock.h>

#include <future>
#include <memory>

namespace ns::engine {
namespace {

using namespace std::chrono_literals;

TEST(Turns, OneNameIsHeldOnceAndOthersBeside) {
  Turns turns;
  std::unique_ptr<Turns::Held> first(new Turns::Held(turns.Take(sdk::Call(), "a")));
  const Turns::Held other = turns.Take(sdk::Call(), "b");
  auto second = std::async(std::launch::async, [&] { turns.Take(sdk::Call(), "a"); });
  EXPECT_EQ(second.wait_for(150ms), std::future_status::timeout);
  first.reset();
  EXPECT_EQ(second.wait_for(5s), std::future_status::ready);
}

}  // namespace
}  // namespace ns::engine
