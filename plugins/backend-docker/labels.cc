#include "labels.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "ns/sdk/error.h"
#include "traefik/render.h"

extern "C" const char ns_health_program_begin[], ns_health_program_end[];

namespace ns::backend_docker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kProgram = "neoshowcase-health";

// n and generation of "nsapp-<id>-<generation>-<n>".
int64_t RankOfName(const std::string& name) {
  const size_t last = name.rfind('-'), before = name.rfind('-', last - 1);
  int number = 0;
  int64_t generation = 0;
  std::from_chars(name.data() + last + 1, name.data() + name.size(), number);
  std::from_chars(name.data() + before + 1, name.data() + last, generation);
  return RankOf(generation, number);
}

std::vector<std::string> CommandOf(const sdk::Probe& probe) {
  const std::string program = std::string("/") + kProgram, port = std::to_string(probe.port);
  switch (probe.kind) {
    case sdk::ProbeKind::kTcp:
      return {program, "tcp", port};
    case sdk::ProbeKind::kHttp:
      return {program, "http", port, probe.path.starts_with('/') ? probe.path : "/" + probe.path};
    default:
      return {program, "up"};
  }
}

// One entry of a tar archive (POSIX ustar): 512 bytes of head, the content in blocks of 512, two
// empty blocks.
std::string TarOf(const char* name, std::string_view content) {
  char head[512] = {};
  std::snprintf(head, 100, "%s", name);
  std::snprintf(head + 100, 8, "%07o", 0555);
  std::snprintf(head + 108, 8, "%07o", 0);
  std::snprintf(head + 116, 8, "%07o", 0);
  std::snprintf(head + 124, 12, "%011zo", content.size());
  std::snprintf(head + 136, 12, "%011o", 0);
  std::fill(head + 148, head + 156, ' ');
  head[156] = '0';
  std::copy_n("ustar\00000", 8, head + 257);
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  std::snprintf(head + 148, 8, "%06o", sum);
  std::string tar(head, sizeof(head));
  tar += content;
  tar.resize((tar.size() + 511) / 512 * 512 + 1024);
  return tar;
}

}  // namespace

int64_t RankOf(int64_t generation, int number) {
  return generation * 100 + std::min(number, kPageNumber);
}

traefik::Config LabelledRoutes(const sdk::App& app, const traefik::Entries& entries,
                               const std::string& name, const std::string& address) {
  return traefik::MakeConfig(app, {{address}, "", ""}, entries, name, RankOfName(name));
}

void AddLabels(docker::ContainerSpec& spec, const sdk::App& app, const traefik::Entries& entries,
               int api) {
  const sdk::Process& process = app.processes.front();
  if (process.replicas > 1)
    throw sdk::Error(
        NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
        "Routes in container labels lead to one replica; use traefik.provider: file for more.",
        sdk::Fault::kOperator);
  spec.labels.merge(
      traefik::RenderLabels(LabelledRoutes(app, entries, spec.name, spec.address), spec.network));
  spec.health.command = CommandOf(process.probe);
  spec.health.timeout = seconds(5);
  spec.health.retries = 3;
  spec.health.interval = api >= 144 ? seconds(15) : seconds(3);
  if (api >= 144)
    spec.health.start_period = seconds(60), spec.health.start_interval = milliseconds(250);
}

std::string HealthArchive() {
  return TarOf(kProgram, {ns_health_program_begin,
                          static_cast<size_t>(ns_health_program_end - ns_health_program_begin)});
}

}  // namespace ns::backend_docker
