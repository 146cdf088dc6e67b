#include "reception.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>

namespace ns::gateway {
namespace {

struct Ended : http::Connection {
  void Finish() override {}
  void Abort() override { ++aborted; }
  int aborted = 0;
};

struct Faulty {
  void OnGiven(const Given&) { throw std::runtime_error("a defect"); }
  const std::weak_ptr<http::Connection>& connection() const { return of; }
  std::weak_ptr<http::Connection> of;
};

// Its client would wait without end for an answer that nobody is at work on.
TEST(ReceptionTest, RequestThatThrows_CostsItsConnection) {
  const auto io = std::make_shared<boost::asio::io_context>(1);
  auto connection = std::make_shared<Ended>();
  const auto request = std::make_shared<Faulty>(Faulty{connection});
  Reception<Faulty> reception(io, request, false, 1000);
  reception.OnEnd({});
  EXPECT_THROW(io->run(), std::runtime_error);
  EXPECT_EQ(connection->aborted, 1);
  connection.reset();
  io->restart();
  reception.OnEnd({});
  EXPECT_NO_THROW(io->run()) << "nobody is served any more";
}

}  // namespace
}  // namespace ns::gateway
