// Output of an application's containers, merged by time.
#include <algorithm>
#include <deque>

#include "docker_backend.h"
#include "marks.h"

namespace ns::backend_docker {
namespace {

// The newest `limit` lines of one container before `before`; fewer where there are no more. The
// Engine's own `tail` counts before it looks at times, so it is only used without an end, and it
// counts records, of which a long line is several. Files of output are small
// (ContainerSpec::log_bytes).
std::vector<docker::LogLine> NewestOf(const sdk::Call& call, docker::Engine& engine,
                                      const std::string& id, const sdk::LogQuery& query) {
  docker::LogQuery asked;
  if (query.since) asked.since = *query.since;
  if (query.before)
    asked.until = *query.before;
  else
    asked.tail = query.limit;
  const size_t limit = static_cast<size_t>(std::max(query.limit, 0));
  std::deque<docker::LogLine> lines;
  const auto take = [&](docker::LogLine line) {
    if ((query.before && line.at >= *query.before) || (query.since && line.at < *query.since))
      return;
    lines.push_back(std::move(line));
    if (lines.size() > limit) lines.pop_front();
  };
  const int records = engine.Logs(call, id, asked, take);
  if (asked.tail > 0 && records >= asked.tail && lines.size() < limit) {
    lines.clear();
    asked.tail = 0;
    engine.Logs(call, id, asked, take);
  }
  return {std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end())};
}

}  // namespace

void DockerBackend::Logs(const sdk::Call& call, const sdk::LogQuery& query,
                         const sdk::LogSink& sink) {
  std::vector<docker::LogLine> lines;
  for (const docker::Container& container :
       engine_.Containers(call, AppLabels(host().installation(), query.app))) {
    auto some = NewestOf(call, engine_, container.id, query);
    std::move(some.begin(), some.end(), std::back_inserter(lines));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  const size_t limit = static_cast<size_t>(std::max(query.limit, 0));
  for (size_t i = lines.size() > limit ? lines.size() - limit : 0; i < lines.size(); ++i)
    sink.Put(lines[i].at, lines[i].is_stderr, lines[i].text);
}

}  // namespace ns::backend_docker
