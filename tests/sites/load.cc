#include "load.h"

#include <gtest/gtest.h>

#include <iostream>

namespace ns::sites {
namespace {

constexpr size_t kOnOneConnection = 10;
constexpr char kDropped[] = "no whole answer on a new connection";

std::string Compared(const Expected& row, const Answer& answer) {
  if (answer.status != row.status) return "status " + std::to_string(answer.status);
  if (!row.any_body && answer.body != row.body)
    return "a body of " + std::to_string(answer.body.size()) + " bytes";
  for (const auto& [name, value] : row.answer)
    if (answer.Header(name) != value) return name + ": " + answer.Header(name);
  return "";
}

}  // namespace

std::vector<Expected> AlikeRequests() {
  std::vector<Expected> rows;
  for (Expected& row : Requests()) {
    bool alone = row.otherwise.empty();
    for (const std::string& header : row.headers)
      if (header.find("{etag:") != std::string::npos) alone = false;
    if (alone) rows.push_back(std::move(row));
  }
  return rows;
}

std::string Difference(std::unique_ptr<Connection>& connection, const std::string& address,
                       const Expected& row) {
  std::vector<std::string> headers = row.headers;
  headers.push_back("X-Controller-App-Id: " + row.app);
  headers.push_back("X-Controller-Release-Id: " + row.release);
  std::string text = RequestText(row.method, row.target, headers);
  text.replace(text.find("Connection: close\r\n"), 19, "");
  for (const bool reused : {true, false}) {
    if (!reused || !connection) connection = std::make_unique<Connection>(address);
    if (!connection->open()) return "no connection";
    const auto answer =
        connection->Send(text) ? connection->Receive(row.method == "HEAD") : std::nullopt;
    if (!answer) continue;
    if (answer->Header("connection") == "close") connection = nullptr;
    return Compared(row, *answer);
  }
  return kDropped;
}

Load::Load(const std::string& address, int threads, int64_t told) : address_(address), told_(told) {
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back([this, i](const std::stop_token& stop) {
      Send(stop, static_cast<size_t>(i) * rows_.size() / 2);
    });
}

void Load::Send(const std::stop_token& stop, size_t first) {
  std::unique_ptr<Connection> kept;
  for (size_t i = first; !stop.stop_requested(); ++i) {
    const Expected& row = rows_[i % rows_.size()];
    if (i % kOnOneConnection == 0) kept = nullptr;
    const bool fresh = kept == nullptr;
    const std::string difference = Difference(kept, address_, row);
    ++sent_;
    if (difference.empty()) continue;
    if (difference == kDropped) ++dropped_;
    const std::string text =
        row.Name() + (fresh ? " on a new connection: " : " on a kept connection: ") + difference;
    std::cout << text << "\n";
    if (++failed_ <= told_) ADD_FAILURE() << text;
  }
}

}  // namespace ns::sites
