#include "plan/seen.h"

#include <string_view>

namespace ns::plan {
namespace {

// FNV-1a. What it takes over comes from the platform's own backends, so nobody looks for two texts
// of one sum.
class Sum {
 public:
  Sum& operator<<(std::string_view text) {
    *this << static_cast<int64_t>(text.size());  // so that texts do not run into one another
    for (const char c : text) Add(static_cast<unsigned char>(c));
    return *this;
  }
  Sum& operator<<(int64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
      Add(static_cast<unsigned char>(static_cast<uint64_t>(number) >> shift));
    return *this;
  }
  int64_t Get() const { return static_cast<int64_t>(sum_ >> 1) + 1; }

 private:
  void Add(unsigned char byte) { sum_ = (sum_ ^ byte) * 0x100000001b3; }
  uint64_t sum_ = 0xcbf29ce484222325;
};

}  // namespace

int64_t SeenVersion(int64_t version, const model::ObservedApp& observed) {
  Sum sum;
  sum << version << observed.id.str() << int64_t{observed.exists} << observed.fence.epoch
      << observed.fence.generation << observed.serving_run_key << observed.route_key
      << static_cast<int64_t>(observed.container) << static_cast<int64_t>(observed.state)
      << int64_t{observed.converged} << int64_t{observed.ready} << int64_t{observed.wanted}
      << int64_t{observed.restarts} << int64_t{observed.exit_code} << observed.image_digest
      << observed.reason << observed.message;
  for (const model::PhaseMark& mark : observed.phases)
    sum << mark.phase << int64_t{mark.at.time_since_epoch().count()};
  return sum.Get();
}

}  // namespace ns::plan
