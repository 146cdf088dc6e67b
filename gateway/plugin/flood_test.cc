// While somebody floods the server over HTTP/2, and comes again whenever he is cut off, others are
// answered, each what he asked.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "testing/edge_test.h"
#include "testing/h2_frames.h"

namespace ns::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr int kQuestions = 50;
constexpr int kCutOff = 3;
constexpr auto kLongest = 100s;  // for all of them, on a machine that does much else

struct Flood {
  const char* name;
  std::string opening;                         // after the preface
  std::function<std::string(uint32_t)> piece;  // what comes again and again
};

void PrintTo(const Flood& flood, std::ostream* out) { *out << flood.name; }

std::string Block() {
  return PostBlock(kService + "GetApplication") + Literal("\x0f\x10", "application/grpc");
}

std::vector<Flood> Floods() {
  const auto always = [](std::string piece) { return [piece](uint32_t) { return piece; }; };
  const auto many = [&](const std::string& frame) {
    std::string pieces;
    for (int i = 0; i < 1000; ++i) pieces += frame;
    return always(pieces);
  };
  const std::string header = Literal(std::string("\0\x03", 2) + "x-a", std::string(100, 'a'));
  return {
      {"Resets", "",
       [](uint32_t i) {
         return Frame(kHeaders, kEndHeaders | kEndStream, 2 * i + 1, Block()) +
                Frame(kReset, 0, 2 * i + 1, std::string("\0\0\0\x08", 4));
       }},
      {"Continuations", Frame(kHeaders, 0, 1, Block()), always(Frame(kContinuation, 0, 1, header))},
      {"Settings", "", many(Frame(kSettings, 0, 0, ""))},
      {"Pings", "", many(Frame(kPing, 0, 0, std::string(8, 'p')))}};
}

class FloodTest : public EdgeTest, public testing::WithParamInterface<Flood> {
 protected:
  FloodTest() {
    host_.handler = [](const Asked& asked) {
      neoshowcase::protobuf::ApplicationIdRequest in;
      in.ParseFromString(asked.message);
      neoshowcase::protobuf::Application out;
      out.set_id(in.id());
      return Told{out.SerializeAsString(), {}, 0, ""};
    };
    settings_.http.header_bytes = 4096;
    settings_.http.write_time = 1s;  // that the flood's answers wait, which nobody reads
    Start();
  }

  // Until it is told to stop, connection after connection.
  void Attack(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      RawClient client(port_);
      bool open = client.Send(Opening() + GetParam().opening);
      for (uint32_t i = 0; open && !stop.stop_requested(); ++i)
        open = client.Send(GetParam().piece(i));
      if (!open) ++cut_off_;
    }
  }
  // Asks by `client` for an application of that name.
  static void Ask(RawClient& client, const std::string& name) {
    ASSERT_TRUE(client.Send(Post(kService + "GetApplication", R"({"id":")" + name + R"("})")));
    const std::string answer = client.Response();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(BodyOf(answer), HasSubstr(R"("id":")" + name + "\""));
  }

  std::atomic<int> cut_off_ = 0;
};

TEST_P(FloodTest, MeanwhileOthersAreAnswered) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  const std::jthread attacker([this](const std::stop_token& stop) { Attack(stop); });
  RawClient kept(port_);
  for (int i = 0; (i < kQuestions || cut_off_ < kCutOff) && !HasFailure(); ++i) {
    Ask(kept, "kept-" + std::to_string(i));
    RawClient fresh(port_);
    Ask(fresh, "fresh-" + std::to_string(i));
    ASSERT_LT(std::chrono::steady_clock::now(), end) << cut_off_ << " times cut off, " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FloodTest, testing::ValuesIn(Floods()),
                         [](const auto& flood) { return std::string(flood.param.name); });

}  // namespace
}  // namespace ns::gateway
