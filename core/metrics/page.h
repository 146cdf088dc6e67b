// One answer to a scrape: families of numbers, as text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ns::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Names follow prometheus.io/docs/practices/naming: base units, `_total` for counters. Values of
// one family may come in any order, each with other labels. Not for several threads.
class Page {
 public:
  Page();
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  void Gauge(const std::string& name, const std::string& help, double value, Labels labels = {});
  void Counter(const std::string& name, const std::string& help, double value, Labels labels = {});
  // Version 0.0.4 of the text format (github.com/prometheus/docs, exposition_formats).
  std::string Text() const;

 private:
  friend class Calls;
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace ns::metrics
