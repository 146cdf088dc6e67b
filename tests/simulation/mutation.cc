#include "mutation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <vector>

#include "mutant.h"
#include "mutants.h"
#include "world.h"

namespace ns::sim {
namespace {

#ifdef NS_MUTANTS
constexpr bool kPlanted = true;
#else
constexpr bool kPlanted = false;
#endif

// So many runs are made twice, for what makes two of one seed differ.
constexpr uint64_t kTwice = 3;

struct Verdict {
  const Mutant* mutant = nullptr;
  uint64_t seed = 0;
  std::string invariant, what;  // empty: nothing was noticed
  double seconds = 0;

  // Noticed by what it is listed to break, so that no check can die unseen; one that is listed to
  // survive may do that.
  bool AsListed() const {
    return invariant.empty() ? mutant->Survives() : mutant->Breaks(invariant);
  }
};

std::optional<Violation> TrySeed(uint64_t seed, bool twice) {
  Options options;
  options.seed = seed;
  const Outcome outcome = Run(options);
  if (outcome.violation || !twice) return outcome.violation;
  if (Run(options).hash == outcome.hash) return std::nullopt;
  return Violation{"I24", "the same seed has another hash", {}};
}

Verdict Try(const Mutant& planted, const MutantSeeds& seeds) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  mutant::chosen = planted.name;
  Verdict verdict{&planted, seeds.from, "", "", 0};
  for (uint64_t i = 0; i < seeds.count && verdict.invariant.empty(); ++i) {
    verdict.seed = seeds.from + i;
    const std::optional<Violation> found = TrySeed(verdict.seed, i < kTwice);
    if (found) verdict.invariant = found->invariant, verdict.what = found->what;
  }
  verdict.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return verdict;
}

// One line, as whoever runs the tries in processes of their own reads it back.
std::string Line(const Verdict& verdict) {
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.1f", verdict.seconds);
  return std::string(verdict.mutant->name) + "\t" + std::to_string(verdict.seed) + "\t" +
         verdict.invariant + "\t" + seconds + "\t" + verdict.what + "\n";
}

void Tell(const Verdict& verdict) {
  const bool killed = !verdict.invariant.empty();
  std::printf("%-32s %-18s %8s %6llu seeds %7.1f s  %s\n",
              std::string(verdict.mutant->name).c_str(),
              std::string(verdict.mutant->operation).c_str(),
              killed ? verdict.invariant.c_str() : "SURVIVED",
              static_cast<unsigned long long>(verdict.seed), verdict.seconds,
              killed ? verdict.what.c_str() : std::string(verdict.mutant->says).c_str());
  std::fflush(stdout);
}

std::vector<const Mutant*> Chosen(const MutantChoice& choice) {
  std::vector<const Mutant*> chosen;
  for (const Mutant& planted : kMutants) {
    if (choice.only.empty() || planted.name == choice.only) chosen.push_back(&planted);
  }
  if (choice.sample == 0) return chosen;
  // Evenly spread, and shifted with each pick: all have their turn.
  std::vector<const Mutant*> sample;
  std::erase_if(chosen,
                [](const Mutant* planted) { return planted->Survives() || planted->IsRare(); });
  const size_t count = std::min(choice.sample, chosen.size());
  const size_t stride = std::max<size_t>(chosen.size() / std::max<size_t>(count, 1), 1);
  for (size_t i = 0; i < count; ++i)
    sample.push_back(chosen[(choice.pick + i * stride) % chosen.size()]);
  return sample;
}

// Each in a process of its own, `jobs` at once.
class Pool {
 public:
  Pool(const MutantSeeds& seeds, const std::function<void(const Verdict&)>& ended)
      : seeds_(seeds), ended_(ended) {}

  void Add(const Mutant& planted) {
    while (running_.size() >= static_cast<size_t>(std::max(seeds_.jobs, 1))) WaitForOne();
    int ends[2];
    if (::pipe(ends) != 0) return;
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string line = Line(Try(planted, seeds_));
      ::_exit(::write(ends[1], line.data(), line.size()) < 0);
    }
    ::close(ends[1]);
    running_[child] = {&planted, ends[0]};
  }
  void WaitForAll() {
    while (!running_.empty()) WaitForOne();
  }

 private:
  struct Running {
    const Mutant* planted;
    int out;
  };

  // A process that dies of its bug has noticed it: asserts are on.
  void WaitForOne() {
    int status = 0;
    const auto found = running_.find(::wait(&status));
    if (found == running_.end()) return;
    std::string text(4096, '\0');
    const ssize_t size = ::read(found->second.out, text.data(), text.size());
    ::close(found->second.out);
    text.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    Verdict verdict{found->second.planted, seeds_.from, "crash", "the simulation died of it", 0};
    if (!text.empty()) Read(text, verdict);
    running_.erase(found);
    ended_(verdict);
  }

  static void Read(const std::string& line, Verdict& verdict) {
    std::vector<std::string> fields(1);
    for (const char c : line.substr(0, line.size() - 1)) {
      if (c == '\t' && fields.size() < 5)
        fields.emplace_back();
      else
        fields.back() += c;
    }
    fields.resize(5);
    verdict.seed = std::strtoull(fields[1].c_str(), nullptr, 10);
    verdict.invariant = fields[2];
    verdict.seconds = std::strtod(fields[3].c_str(), nullptr);
    verdict.what = fields[4];
  }

  const MutantSeeds& seeds_;
  const std::function<void(const Verdict&)>& ended_;
  std::map<pid_t, Running> running_;
};

// Names, operators and invariants are plain words.
void WriteJson(const std::string& path, const std::vector<Verdict>& verdicts) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return;
  std::fprintf(file, "[");
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict& one = verdicts[i];
    std::fprintf(file, "%s\n {\"mutant\": \"%s\", \"operator\": \"%s\", \"invariant\": \"%s\", ",
                 i == 0 ? "" : ",", std::string(one.mutant->name).c_str(),
                 std::string(one.mutant->operation).c_str(), one.invariant.c_str());
    std::fprintf(file, "\"killed\": %s, \"seed\": %llu, \"seconds\": %.1f}",
                 one.invariant.empty() ? "false" : "true",
                 static_cast<unsigned long long>(one.seed), one.seconds);
  }
  std::fprintf(file, "\n]\n");
  std::fclose(file);
}

}  // namespace

bool Choose(const std::string& name) {
  const auto found = std::find_if(kMutants.begin(), kMutants.end(),
                                  [&](const Mutant& planted) { return planted.name == name; });
  if (!kPlanted || found == kMutants.end()) return false;
  mutant::chosen = found->name;
  return true;
}

int RunMutants(const MutantChoice& choice, const MutantSeeds& seeds) {
  const std::vector<const Mutant*> chosen = Chosen(choice);
  if (!kPlanted || chosen.empty()) {
    std::fprintf(stderr, kPlanted ? "there is no such mutant\n"
                                  : "this build has no mutants: see ./run mutants\n");
    return 2;
  }
  if (choice.sample > 0)
    std::printf("mutants of pick %llu\n", static_cast<unsigned long long>(choice.pick));
  std::vector<Verdict> verdicts;
  const std::function<void(const Verdict&)> ended = [&](const Verdict& verdict) {
    verdicts.push_back(verdict);
    Tell(verdict);
  };
  Pool pool(seeds, ended);
  for (const Mutant* planted : chosen) pool.Add(*planted);
  pool.WaitForAll();
  const auto killed = std::count_if(verdicts.begin(), verdicts.end(),
                                    [](const Verdict& one) { return !one.invariant.empty(); });
  std::printf("%zu mutants, %ld killed (%.1f %%)\n", verdicts.size(), static_cast<long>(killed),
              100.0 * static_cast<double>(killed) / static_cast<double>(verdicts.size()));
  if (!choice.json.empty()) WriteJson(choice.json, verdicts);
  bool as_listed = true;
  for (const Verdict& one : verdicts) {
    if (one.AsListed()) continue;
    as_listed = false;
    std::printf("%s is listed as seen by: %s\n", std::string(one.mutant->name).c_str(),
                std::string(one.mutant->breaks).c_str());
  }
  return as_listed ? 0 : 1;
}

}  // namespace ns::sim
