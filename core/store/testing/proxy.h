// Stands between a store and its PostgreSQL, and cuts connections where a test wants it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ns::store::testing {

class Proxy {
 public:
  // What becomes of a statement on its way.
  enum class Fate {
    kPass,
    kCutBefore,  // the server never sees it
    kCutAfter,   // it is carried out, its answer is lost
    kCutAtOnce,  // sent on, and cut without waiting
    kSwallowed,  // the client is cut off; the server waits for it on an open connection
    kSilent,     // nothing more passes in either direction, both connections stay open
  };

  // Listens in a folder of its own; `connection` is the one of the database behind.
  // `fate` is asked whenever a client sends `word`, from any thread.
  Proxy(std::string connection, const std::string& socket_folder, std::function<Fate()> fate,
        std::string word = "COMMIT");
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // The connection string that goes through here.
  const std::string& connection() const { return connection_; }
  // From now on nothing passes on open connections, and new ones are not answered.
  void Silence() { silent_ = true; }
  // From now on nothing passes on the connections that are open; new ones work.
  void Mute() { ++muted_; }

 private:
  void Accept();
  void Carry(int client, int server);
  bool Forward(int from, int to);

  std::string behind_, folder_, connection_, word_;
  std::function<Fate()> fate_;
  int listener_ = -1;
  std::atomic<bool> ended_{false}, silent_{false};
  std::atomic<int> muted_{0};
  std::jthread accepts_;
  std::vector<std::jthread> carriers_;
};

}  // namespace ns::store::testing
