// A program on a terminal of its own, typed at by a test.
#pragma once

#include <functional>
#include <string>

namespace ns::cli {

class TerminalRun {
 public:
  // Runs `body` in a child whose three streams are a terminal; its return value is its exit code.
  explicit TerminalRun(const std::function<int()>& body);
  ~TerminalRun();
  TerminalRun(const TerminalRun&) = delete;
  TerminalRun& operator=(const TerminalRun&) = delete;

  // Waits until it has printed `text` behind what was awaited before; false: it did not in 20 s.
  bool Await(const std::string& text);
  void Type(const std::string& text);
  // Waits for its end; the exit code.
  int Finish();
  // Whether the terminal shows what is typed.
  bool echoes() const;
  const std::string& printed() const { return printed_; }

 private:
  bool Read(int wait);

  int pid_ = -1, terminal_ = -1;
  std::string printed_;
  size_t seen_ = 0;
};

}  // namespace ns::cli
