// BuildKit's plain progress on its way to the build log. Pure but for the sink.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ns::engine {

// Takes bytes as they come, gives whole lines on: without the digest that BuildKit names under each
// step, and with `hidden` values (of 4 bytes and more) replaced by ***.
class Progress {
 public:
  using Sink = std::function<void(std::string_view)>;
  Progress(std::vector<std::string> hidden, Sink sink);

  void Take(std::string_view bytes);
  // Gives a last line without its end.
  void Finish();

  // The last lines that were given on, without the empty ones, for saying why a build failed.
  const std::vector<std::string>& tail() const { return tail_; }
  // The last lines that steps wrote.
  const std::vector<std::string>& said() const { return said_; }

 private:
  void Line(std::string line);

  const std::vector<std::string> hidden_;
  const Sink sink_;
  std::string rest_;
  std::vector<std::string> tail_, said_;
};

}  // namespace ns::engine
