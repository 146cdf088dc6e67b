// What the site servers cost behind our configuration, held against the same server with a minimal
// one written by hand, in turns, in one run; and what many sites and a large artifact cost. Needs
// wrk.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "archive/pack.h"
#include "base/crypto.h"
#include "figures.h"
#include "http_get.h"
#include "plugin_site.h"
#include "plugin_storage.h"
#include "ssgen/site_files.h"

namespace ns::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kRounds = 5;  // of each, in turns
constexpr char kSeconds[] = "3s", kConnections[] = "16";

template <class I>
I IdOf(int n) {
  const std::string text = std::to_string(n);
  return I(std::string(22 - text.size(), '0') + text);
}

void Require(bool done, const std::string& what) {
  if (done) return;
  std::fprintf(stderr, "%s failed\n", what.c_str());
  std::exit(1);
}

void Write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string Output(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> piece{};
  while (const size_t count = std::fread(piece.data(), 1, piece.size(), pipe))
    text.append(piece.data(), count);
  Require(::pclose(pipe) == 0, command);
  return text;
}

// -- what the processes of one session use
struct Use {
  double cpu_seconds = 0, memory_mib = 0;  // proportional share
};

double MemoryOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/smaps_rollup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Pss:")) return std::atof(line.c_str() + 4) / 1024;
  return 0;
}

Use UseOf(pid_t session) {
  Use use;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string line;
    if (!std::getline(file, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string state, skipped;
    long parent = 0, group = 0, its_session = 0;
    fields >> state >> parent >> group >> its_session;
    if (its_session != session) continue;
    for (int i = 0; i < 7; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    use.cpu_seconds += (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    use.memory_mib += MemoryOf(entry.path().filename());
  }
  return use;
}

// -- the same server with the least that serves a folder
class Minimal {
 public:
  Minimal(const std::string& server, const std::string& folder, const std::string& root)
      : address_(sites::FreeAddress()) {
    fs::create_directories(folder);
    ::chmod(folder.c_str(), 0777);
    const std::string file = folder + "/minimal.conf";
    std::vector<std::string> argv = {sites::ProgramOf(server)};
    if (server == "nginx") {
      Write(file, "worker_processes auto; daemon off; pid " + folder + "/pid; error_log " + folder +
                      "/log; events { worker_connections 2048; } http { access_log off; "
                      "sendfile on; types { text/javascript js; } server { listen " +
                      address_ + "; root " + root + "; } }\n");
      argv.insert(argv.end(), {"-c", file, "-p", folder});
    } else if (server == "httpd") {
      const std::string modules = "/usr/lib/apache2/modules/mod_";
      Write(file, "ServerName site\nListen " + address_ + "\nPidFile " + folder +
                      "/pid\nErrorLog " + folder + "/log\nDefaultRuntimeDir " + folder +
                      "\nLoadModule mpm_event_module " + modules +
                      "mpm_event.so\nLoadModule authz_core_module " + modules +
                      "authz_core.so\nUser www-data\nGroup www-data\nThreadsPerChild 50\n"
                      "DocumentRoot " +
                      root + "\n<Directory " + root + ">\nRequire all granted\n</Directory>\n");
      argv.insert(argv.end(), {"-f", file, "-DFOREGROUND"});
    } else {
      Write(file, R"({"admin":{"disabled":true},"apps":{"http":{"servers":{"s":{"listen":[")" +
                      address_ + R"("],"automatic_https":{"disable":true},"routes":[{"handle":[{)" +
                      R"("handler":"file_server","root":")" + root + R"("}]}]}}}}})");
      argv.insert(argv.end(), {"run", "--config", file});
    }
    Start(argv, folder);
  }
  ~Minimal() {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Minimal(const Minimal&) = delete;
  Minimal& operator=(const Minimal&) = delete;

  const std::string& address() const { return address_; }
  pid_t session() const { return pid_; }

 private:
  void Start(const std::vector<std::string>& argv, const std::string& folder) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setsid();
      ::setenv("HOME", folder.c_str(), 1);
      for (std::FILE* stream : {stderr, stdout}) {
        if (std::freopen((folder + "/out").c_str(), "w", stream) == nullptr) ::_exit(127);
      }
      std::vector<char*> words;
      for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
      words.push_back(nullptr);
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    for (int tries = 0; tries < 500 && !sites::Ask(address_, "GET", "/app.js", {}); ++tries)
      ::usleep(20'000);
    const auto answer = sites::Ask(address_, "GET", "/app.js", {});
    Require(answer && answer->status == 200, "the minimal " + argv[0]);
  }

  const std::string address_;
  pid_t pid_ = -1;
};

struct Speed {
  double requests = 0;  // a second
  double cpu_us = 0;    // of the server, for each
};

Speed Measure(const std::string& address, pid_t session, const std::string& headers) {
  const double before = UseOf(session).cpu_seconds;
  const std::string text = Output(std::string("wrk -t1 -c") + kConnections + " -d" + kSeconds +
                                  headers + " http://" + address + "/app.js 2>&1");
  const double spent = UseOf(session).cpu_seconds - before;
  Require(text.find("Non-2xx") == std::string::npos, "requests to " + address + ": " + text);
  Speed speed;
  speed.requests = std::atof(text.substr(text.find("Requests/sec:") + 13).c_str());
  const size_t in = text.find(" requests in ");
  const size_t line = text.rfind('\n', in) + 1;
  speed.cpu_us = spent * 1e6 / std::atof(text.substr(line, in - line).c_str());
  return speed;
}

double Median(const std::vector<Speed>& speeds, double Speed::*what) {
  std::vector<double> values;
  for (const Speed& speed : speeds) values.push_back(speed.*what);
  return Quantile(values, 0.5);
}

std::string HeadersOf(const ssgen::SiteName& site) {
  return " -H 'X-Controller-App-Id: " + site.app.str() +
         "' -H 'X-Controller-Release-Id: " + site.release.str() + "'";
}

std::vector<std::string> HeaderLines(const ssgen::SiteName& site) {
  return {"X-Controller-App-Id: " + site.app.str(),
          "X-Controller-Release-Id: " + site.release.str()};
}

// A site below `root`, as ssgen lays it.
void AddSite(const std::string& root, const ssgen::SiteName& site) {
  const std::string folder = root + "/artifacts/" + site.app.str();
  Write(folder + "/index.html", "<p>site</p>\n");
  Write(folder + "/app.js", std::string(4096, 'x'));
  fs::create_directories(root + "/sites/" + site.app.str());
  fs::create_symlink("../../artifacts/" + site.app.str(),
                     root + "/sites/" + site.app.str() + "/" + site.release.str());
}

void Throughput(const std::string& server) {
  sites::PluginSite ours(server);
  const ssgen::SiteName site{IdOf<AppId>(1), IdOf<ReleaseId>(1)};
  AddSite(ours.settings().root, site);
  Require(ours.server().Start(sites::PluginSite::Soon(), ours.settings()).ok(), server);
  const Minimal minimal(server, ours.folder() + "/minimal",
                        ours.settings().root + "/artifacts/" + site.app.str());
  std::vector<Speed> of_ours, of_minimal;
  for (int round = 0; round < kRounds; ++round) {
    of_ours.push_back(Measure(ours.settings().listen, ::getsid(ours.pid()), HeadersOf(site)));
    of_minimal.push_back(Measure(minimal.address(), minimal.session(), HeadersOf(site)));
  }
  const double requests = Median(of_ours, &Speed::requests);
  const double least = Median(of_minimal, &Speed::requests);
  const double cpu = Median(of_ours, &Speed::cpu_us),
               least_cpu = Median(of_minimal, &Speed::cpu_us);
  std::printf("%-6s %8.0f requests/s, minimal %8.0f: %.2f   CPU %6.1f us, minimal %6.1f: %.2f\n",
              server.c_str(), requests, least, requests / least, cpu, least_cpu, cpu / least_cpu);
}

void ManySites(const std::string& server, int count) {
  sites::PluginSite ours(server);
  for (int n = 1; n <= count; ++n)
    AddSite(ours.settings().root, {IdOf<AppId>(n), IdOf<ReleaseId>(n)});
  Require(ours.server().Start(sites::PluginSite::Soon(), ours.settings()).ok(), server);
  for (int n = 1; n <= count; ++n) {
    const auto answer = sites::Ask(ours.settings().listen, "GET", "/",
                                   HeaderLines({IdOf<AppId>(n), IdOf<ReleaseId>(n)}));
    Require(answer && answer->status == 200, "site " + std::to_string(n));
  }
  const double memory = UseOf(::getsid(ours.pid())).memory_mib;
  std::vector<double> reloads;
  for (int round = 1; round <= 3; ++round) {
    ports::SiteSettings changed = ours.settings();
    changed.drain = std::chrono::seconds(round);
    const Moment begin = Now();
    Require(ours.server().Reload(sites::PluginSite::Soon(), changed).ok(), server + " reload");
    reloads.push_back(SecondsSince(begin));
  }
  std::printf("%-6s %5d sites: %6.1f MiB, reload %5.0f ms; a new site needs none\n", server.c_str(),
              count, memory, Quantile(reloads, 0.5) * 1e3);
}

// From the storage to the first answer, beside tar for the same files.
void LargeArtifact(int files) {
  sites::PluginSite server("nginx");
  ports::testing::PluginStorage storage("storage-local", "{}");
  const std::string source = server.folder() + "/source", packed = server.folder() + "/site.tar.gz";
  for (int n = 0; n < files; ++n)
    Write(source + "/" + std::to_string(n % 100) + "/" + std::to_string(n) + ".html",
          "<p>" + Sha256Hex(std::to_string(n)) + std::string(1500, 'x') + "</p>\n");
  std::ofstream out(packed, std::ios::binary);
  const auto made = archive::Pack(source, [&](std::string_view bytes) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return Status();
  });
  out.close();
  Require(made.ok(), "packing");
  const ports::Digest digest{made->size, made->sha256};
  std::ifstream in(packed, std::ios::binary);
  Require(storage.storage()
              .Put({}, "artifacts/large", digest,
                   [&](char* to, size_t most) -> Result<size_t> {
                     in.read(to, static_cast<std::streamsize>(most));
                     return static_cast<size_t>(in.gcount());
                   })
              .ok(),
          "put");
  ssgen::SiteFiles site_files(server.settings().root, storage.storage(), SystemClock());
  Require(site_files.Open().ok(), "open");
  Require(server.server().Start(sites::PluginSite::Soon(), server.settings()).ok(), "nginx");
  std::vector<double> ours, tar;
  for (int round = 1; round <= 3; ++round) {
    const ssgen::SiteName name{IdOf<AppId>(round), IdOf<ReleaseId>(round)};
    const Moment begin = Now();
    Require(site_files.Bring({}, {name, "artifacts/large", digest, false}).ok(), "bring");
    const auto answer = sites::Ask(server.settings().listen, "GET", "/1/1.html", HeaderLines(name));
    ours.push_back(SecondsSince(begin));
    Require(answer && answer->status == 200, "the first page");
    Require(site_files.Drop({name}).ok(), "drop");
    const std::string folder = server.folder() + "/tar";
    fs::create_directories(folder);
    const Moment tar_begin = Now();
    Output("tar -C " + folder + " -xzf " + packed + " && sync -f " + folder);
    tar.push_back(SecondsSince(tar_begin));
    fs::remove_all(folder);
  }
  std::printf(
      "artifact of %d files from storage to served: %.2f s; tar and sync alone: %.2f s: %.2f\n",
      files, Quantile(ours, 0.5), Quantile(tar, 0.5), Quantile(ours, 0.5) / Quantile(tar, 0.5));
}

}  // namespace
}  // namespace ns::bench

// Without arguments all of it; "throughput", "sites" and "artifact" choose, and a name of a server.
int main(int argc, char** argv) {
  using namespace ns::bench;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // nothing waits that a child would print again
  const std::vector<std::string> asked(argv + 1, argv + argc);
  const auto wanted = [&](const std::string& what) {
    return std::find(asked.begin(), asked.end(), what) != asked.end();
  };
  const bool all = !wanted("throughput") && !wanted("sites") && !wanted("artifact");
  std::vector<std::string> servers;
  for (const std::string& server : ns::sites::Servers())
    if (wanted(server)) servers.push_back(server);
  if (servers.empty()) servers = ns::sites::Servers();
  std::erase_if(servers, [](const auto& server) { return ns::sites::ProgramOf(server).empty(); });
  if (all || wanted("throughput")) {
    std::printf(
        "Behind our configuration and with a minimal one, in turns (aim: at least 0.95 of its "
        "requests)\n");
    for (const std::string& server : servers) Throughput(server);
  }
  if (all || wanted("sites")) {
    for (const std::string& server : servers)
      for (const int count : {10, 100, 2000}) ManySites(server, count);
  }
  if (all || wanted("artifact")) LargeArtifact(10'000);
  return 0;
}
