#include "proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <fstream>
#include <sstream>

#include "ns/sdk/app_record.h"
#include "traefik/render.h"

namespace ns::backend_docker {
namespace {

using sdk::Error;
using sdk::Fault;

constexpr const char* kHelper = "traefik";

// A call of our own: with a deadline, cancelled by a stop token.
class OwnCall {
 public:
  OwnCall(const std::stop_token& stop, std::chrono::nanoseconds time)
      : stop_(stop),
        fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        wake_(stop, [this] { ::eventfd_write(fd_, 1); }) {
    raw_.struct_size = sizeof(raw_);
    raw_.cancel_fd = fd_;
    raw_.deadline_ns = (sdk::Call::Clock::now() + time).time_since_epoch().count();
    raw_.host_data = this;
    raw_.cancelled = [](const ns_call* call) noexcept -> int32_t {
      return static_cast<OwnCall*>(call->host_data)->stop_.stop_requested();
    };
  }
  ~OwnCall() { ::close(fd_); }
  OwnCall(const OwnCall&) = delete;
  OwnCall& operator=(const OwnCall&) = delete;
  sdk::Call call() const { return sdk::Call(&raw_); }

 private:
  std::stop_token stop_;
  int fd_;
  ns_call raw_{};
  std::stop_callback<std::function<void()>> wake_;
};

std::string HashOf(const std::string& text) {  // FNV-1a
  uint64_t hash = 14695981039346656037ull;
  for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
  char hex[17];
  ::snprintf(hex, sizeof(hex), "%016llx", static_cast<unsigned long long>(hash));
  return hex;
}

std::string PortOf(const std::string& address) { return address.substr(address.rfind(':') + 1); }

// Binds that loopback port for a moment; 0 picks one. -1: it is taken.
int FreePort(int wanted) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(wanted));
  socklen_t size = sizeof(address);
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  return bound ? ntohs(address.sin_port) : -1;
}

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Proxy::Proxy(const sdk::Host& host, const Config& config, http::Client& http)
    : host_(host), config_(config), api_(http), folder_(host.data_dir() + "/traefik") {}

Proxy::~Proxy() { Close(); }

void Proxy::Open() {
  for (const std::string& folder : {folder_, folder_ + "/new", routes_folder()})
    ::mkdir(folder.c_str(), 0711);
  {
    const sdk::LockedFile alone(folder_ + "/shared.lock");  // other hosts open it too
    alone.Lock();
    WriteFile("shared", traefik::SharedFile());
  }
  keeper_ = std::jthread([this](const std::stop_token& stop) { Keep(stop); });
}

void Proxy::Close() {
  keeper_.request_stop();
  if (keeper_.joinable()) keeper_.join();
}

traefik::Entries Proxy::entries() const {
  return {"web", config_.traefik.https.empty() ? "" : "websecure", config_.traefik.auth_soft,
          config_.traefik.auth_hard};
}

std::optional<std::string> Proxy::ReadFile(const std::string& app) const {
  return ReadWhole(routes_folder() + "/" + app + ".yml");
}

// Written in another folder of the same file system, so that Traefik sees one event, that of the
// whole file.
void Proxy::WriteFile(const std::string& app, const std::string& text) const {
  const std::string path = routes_folder() + "/" + app + ".yml";
  if (ReadWhole(path).value_or("") == text) return;
  if (text.empty()) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
    throw Error(NS_E_INTERNAL, "", "Cannot remove " + path + ": " + ::strerror(errno) + ".",
                Fault::kOperator);
  }
  const std::string beside = folder_ + "/new/" + app + ".yml";
  sdk::AppRecords::WriteWhole(beside, text, 0644);
  if (::rename(beside.c_str(), path.c_str()) != 0)
    throw Error(NS_E_INTERNAL, "", "Cannot write " + path + ": " + ::strerror(errno) + ".",
                Fault::kOperator);
}

std::string Proxy::Missing(const sdk::Call& call, const traefik::Config& config,
                           const std::string& prefix, const std::string& provider) {
  std::string address;
  {
    const std::lock_guard lock(mutex_);
    address = api_address_;
  }
  if (address.empty())
    return "Traefik does not run yet; see its log and whether its ports are free";
  try {
    return api_.Missing(call, address, config, prefix, provider);
  } catch (const Error& error) {
    if (error.code() == NS_E_CANCELLED) throw;
    return "Traefik's API does not answer: " + error.message();
  }
}

// Once Traefik runs, the host sees to it that it goes on.
void Proxy::Keep(const std::stop_token& stop) {
  std::string said;
  while (!stop.stop_requested() && !TryEnsure(stop, said)) {
    try {
      OwnCall(stop, std::chrono::hours(1)).call().Wait(std::chrono::seconds(2));
    } catch (const Error&) {
      return;
    }
  }
}

bool Proxy::TryEnsure(const std::stop_token& stop, std::string& said) {
  try {
    const sdk::LockedFile alone(folder_ + "/start.lock");
    if (!alone.Try()) return false;  // another host starts it
    const int port = ApiPort();
    const std::string text = StaticFile(port), path = folder_ + "/traefik.yml";
    sdk::AppRecords::WriteWhole(path, text);
    const std::string address = "127.0.0.1:" + std::to_string(port);
    const OwnCall own(stop, std::chrono::seconds(20));
    host_.spawn().Ensure(own.call(), {kHelper,
                                      {Binary(), "--configFile=" + path},
                                      {},
                                      "http://" + address + "/ping",
                                      HashOf(text)});
    const std::lock_guard lock(mutex_);
    api_address_ = address;
    host_.log().Info("Traefik runs", {{"http", config_.traefik.http}, {"api", address}});
    return true;
  } catch (const Error& error) {
    if (!stop.stop_requested() && said != error.message())
      host_.log().Error("Traefik cannot be started", {{"why", error.message()}});
    said = error.message();
    return false;
  }
}

std::string Proxy::StaticFile(int api_port) const {
  const TraefikConfig& traefik = config_.traefik;
  std::string text =
      "global: {checkNewVersion: false, sendAnonymousUsage: false}\nentryPoints:\n  web: {address: "
      "'" +
      traefik.http + "'}\n";
  if (!traefik.https.empty()) text += "  websecure: {address: '" + traefik.https + "'}\n";
  text += "  traefik: {address: '127.0.0.1:" + std::to_string(api_port) +
          "'}\napi: {insecure: true, dashboard: false, disableDashboardAd: true}\nping: {}\n";
  text +=
      "log: {level: ERROR}\nproviders:\n  providersThrottleDuration: 20ms\n  file: {directory: '" +
      routes_folder() + "', watch: true}\n";
  if (traefik.labels)
    text += "  docker: {endpoint: 'unix://" + config_.socket +
            "', exposedByDefault: false, constraints: 'Label(`neoshowcase.installation`, `" +
            host_.installation() + "`)'}\n";
  return text;
}

// The port of the API: the configured one, else the one that was used before, else any. The one
// used before is kept while Traefik has it.
int Proxy::ApiPort() {
  const int configured = std::atoi(PortOf(config_.traefik.api).c_str());
  if (configured > 0) return configured;
  const std::string path = folder_ + "/api-port";
  const int before = std::atoi(ReadWhole(path).value_or("0").c_str());
  const bool runs = host_.spawn().StateOf(kHelper).phase == sdk::HelperPhase::kRunning;
  if (before > 0 && (runs || FreePort(before) == before)) return before;
  const int port = FreePort(0);
  sdk::AppRecords::WriteWhole(path, std::to_string(port));
  return port;
}

std::string Proxy::Binary() const {
  if (!config_.traefik.binary.empty()) return config_.traefik.binary;
  const char* path = ::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = folder + "/traefik";
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  throw Error(NS_E_PRECONDITION, NS_REASON_CONFIG_INVALID,
              "There is no traefik on the PATH; install it or set traefik.binary in the "
              "configuration of the backend.",
              Fault::kOperator);
}

}  // namespace ns::backend_docker
