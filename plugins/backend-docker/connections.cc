#include "connections.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::backend_docker {
namespace {

// States as the kernel numbers them (include/net/tcp_states.h).
enum State {
  kEstablished = 1,
  kSynReceived = 3,
  kFinWait1 = 4,
  kListen = 10,
  kNewSynReceived = 12
};

struct Row {
  std::string local, remote;  // addresses in hex
  int local_port = 0, state = 0;
};

int Hex(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

// "  0: 0200A8C0:1F90 0100A8C0:C350 01 ..."
bool ParseRow(const std::string& line, Row& row) {
  std::istringstream words(line);
  std::string number, local, remote, state;
  if (!(words >> number >> local >> remote >> state) || !number.ends_with(':')) return false;
  const size_t colon = local.find(':');
  if (colon == std::string::npos) return false;
  row.local = local.substr(0, colon);
  row.remote = remote.substr(0, remote.find(':'));
  row.local_port = Hex(std::string_view(local).substr(colon + 1));
  row.state = Hex(state);
  return true;
}

// 127.0.0.0/8 and ::1, also ::ffff:127.x; the kernel writes words in host byte order.
bool IsLoopback(const std::string& address) {
  if (address.size() == 8) return address.ends_with("7F");
  if (address == "00000000000000000000000001000000") return true;
  return address.starts_with("0000000000000000FFFF0000") && address.ends_with("7F");
}

bool IsOpen(int state) {
  return state == kEstablished || state == kSynReceived || state == kFinWait1 ||
         state == kNewSynReceived;
}

}  // namespace

int CountConnections(std::string_view table, const std::set<int>& ports, std::set<int>& listening) {
  std::vector<Row> rows;
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    Row row;
    if (!ParseRow(line, row)) continue;
    if (row.state == kListen)
      listening.insert(row.local_port);
    else if (IsOpen(row.state) && !IsLoopback(row.remote))
      rows.push_back(std::move(row));
  }
  int count = 0;
  for (const Row& row : rows)
    count += ports.contains(row.local_port) || listening.contains(row.local_port) ? 1 : 0;
  return count;
}

int CountConnectionsOf(int64_t pid, const std::set<int>& ports) {
  if (pid <= 0) return 0;
  const std::string folder = "/proc/" + std::to_string(pid);
  std::string tables[2];
  for (int i : {0, 1}) {
    std::ifstream file(folder + (i == 0 ? "/net/tcp6" : "/net/tcp"));
    tables[i].assign(std::istreambuf_iterator<char>(file), {});
  }
  if (tables[1].empty() && std::ifstream(folder + "/comm"))
    throw sdk::Error(
        NS_E_DENIED, "",
        "Open connections of process " + std::to_string(pid) + " cannot be read; run as root.",
        sdk::Fault::kOperator);
  std::set<int> listening;
  const int six = CountConnections(tables[0], ports, listening);
  return six + CountConnections(tables[1], ports, listening);
}

}  // namespace ns::backend_docker
