#include "load.h"

#include <chrono>

#include "http/http.h"

namespace ns::testing {

Load::Load(int port, std::string host, int slow)
    : url_("http://127.0.0.1:" + std::to_string(port)), host_(std::move(host)) {
  for (int i = 0; i < 3; ++i) threads_.emplace_back([this] { Client("/", true); });
  for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { Client("/", false); });
  for (int i = 0; i < slow; ++i) threads_.emplace_back([this] { Client("/slow", true); });
}

void Load::End() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<std::string> Load::complaints() {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

void Load::Client(const std::string& path, bool keep_alive) {
  http::Client client;
  http::Request request{.url = url_ + path, .headers = {{"Host", host_}}};
  if (!keep_alive) request.headers.emplace_back("Connection", "close");
  while (!stop_) {
    const int before = newest_;
    try {
      const http::Response response = client.Do(sdk::Call(), request);
      Judge(before, response.status,
            response.headers.contains("x-version") ? response.headers.at("x-version") : "", path);
    } catch (const sdk::Error& error) {
      Judge(before, 0, "", path + ": " + error.message());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

void Load::Judge(int version_before, int status, const std::string& version,
                 const std::string& what) {
  ++answered_;
  const int number = std::atoi(version.c_str());
  for (int newest = newest_; number > newest && !newest_.compare_exchange_weak(newest, number);) {
  }
  const bool good = status >= 200 && status < 300 && number >= version_before;
  if (good) return;
  const std::lock_guard lock(mutex_);
  complaints_.push_back(what + " answered " + std::to_string(status) + ", version " + version +
                        " after " + std::to_string(version_before));
}

}  // namespace ns::testing
