#include "connections.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ns::backend_docker {
namespace {

// Rows as the kernel writes them: 10.213.0.2 is 0200D50A, 10.213.0.1 is 0100D50A; port 8080 is
// 1F90.
const std::string kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";
const std::string kListening =
    "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 "
    "1\n";
std::string Row(const std::string& local, const std::string& remote, const std::string& state) {
  return "   1: " + local + " " + remote + " " + state +
         " 00000000:00000000 00:00000000 00000000     0        0 2 1\n";
}
int Count(const std::string& table, const std::set<int>& ports = {}) {
  std::set<int> listening;
  return CountConnections(table, ports, listening);
}

TEST(CountConnections, ToAListeningPort_Count) {
  EXPECT_EQ(Count(kHead + kListening), 0);
  EXPECT_EQ(Count(kHead + kListening + Row("0200D50A:1F90", "0100D50A:C350", "01")), 1);
  EXPECT_EQ(Count(kHead + Row("0200D50A:1F90", "0100D50A:C350", "01") + kListening), 1)
      << "in any order";
}

TEST(CountConnections, ListenerClosedMeanwhile_KnownPortsCount) {
  EXPECT_EQ(Count(Row("0200D50A:1F90", "0100D50A:C350", "01")), 0);
  EXPECT_EQ(Count(Row("0200D50A:1F90", "0100D50A:C350", "01"), {8080}), 1);
}

TEST(CountConnections, OwnRequestsToOthers_DoNotCount) {
  EXPECT_EQ(Count(kListening + Row("0200D50A:C350", "05050505:01BB", "01")), 0);
}

TEST(CountConnections, WithinTheContainer_DoNotCount) {
  EXPECT_EQ(Count(kListening + Row("0100007F:1F90", "0100007F:C350", "01")), 0);
  EXPECT_EQ(Count(kListening + Row("00000000000000000000000001000000:1F90",
                                   "00000000000000000000000001000000:C350", "01")),
            0);
  EXPECT_EQ(Count(kListening + Row("0000000000000000FFFF00000100007F:1F90",
                                   "0000000000000000FFFF00000100007F:C350", "01")),
            0);
}

TEST(CountConnections, SixRowsOfFour_Count) {
  EXPECT_EQ(Count(kListening + Row("0000000000000000FFFF00000200D50A:1F90",
                                   "0000000000000000FFFF00000100D50A:C350", "01")),
            1);
}

TEST(CountConnections, StatesInWhichAnAnswerMayBeOwed_Count) {
  for (const char* state : {"01", "03", "04", "0C"})
    EXPECT_EQ(Count(kListening + Row("0200D50A:1F90", "0100D50A:C350", state)), 1) << state;
  for (const char* state : {"02", "05", "06", "07", "08", "09", "0B"})
    EXPECT_EQ(Count(kListening + Row("0200D50A:1F90", "0100D50A:C350", state)), 0) << state;
}

TEST(CountConnections, Nonsense_IsPassedOver) {
  EXPECT_EQ(Count("no table\n\n 1: x y\n 2: a:b c:d 01\n"), 0);
}

TEST(CountConnectionsOf, NoProcess_IsNothing) {
  EXPECT_EQ(CountConnectionsOf(0, {}), 0);
  EXPECT_EQ(CountConnectionsOf(999'999'999, {}), 0);
}

}  // namespace
}  // namespace ns::backend_docker
