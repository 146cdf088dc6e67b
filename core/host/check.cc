#include "host/check.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <google/protobuf/util/json_util.h>

#include "neoshowcase/platform/v1/system.pb.h"
#include "supervise/supervisor.h"

namespace ns::host {
namespace {

constexpr double kGiB = 1 << 30;
constexpr double kLeastFreeGiB = 1.0;

std::string OneDecimal(double value) {
  const auto tenths = static_cast<long>(value * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

// A descriptor that is closed with its owner.
struct Socket {
  int fd;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};

Status Connect(int fd, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Invalid("the path is too long for a Unix socket: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const timeval limit{.tv_sec = 3, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Unavailable(std::strerror(errno));
  return {};
}

// First line of the answer to GET /_ping.
Result<std::string> Ping(const std::string& socket) {
  const Socket end{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  NS_TRY(Connect(end.fd, socket));
  constexpr std::string_view kRequest = "GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n";
  if (::send(end.fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0)
    return Unavailable(std::strerror(errno));
  char answer[256];
  const ssize_t got = ::recv(end.fd, answer, sizeof answer, 0);
  if (got <= 0) return Unavailable("it accepts connections but does not answer within 3 s");
  const std::string_view text(answer, static_cast<size_t>(got));
  return std::string(text.substr(0, text.find('\r')));
}

std::string Rights(mode_t mode) {
  std::string text = "0000";
  for (int digit = 3; digit >= 0; --digit, mode >>= 3)
    text[static_cast<size_t>(digit)] = static_cast<char>('0' + (mode & 7));
  return text;
}

// "address:port" of the first address that "host:port" has, or `address` itself.
std::string Resolved(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (address.starts_with("unix:") || colon == std::string::npos) return address;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.substr(0, colon).c_str(), nullptr, &wanted, &found) != 0)
    return address;
  char text[NI_MAXHOST] = "";
  const bool v6 = found->ai_family == AF_INET6;
  const int failed = ::getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0,
                                   NI_NUMERICHOST);
  ::freeaddrinfo(found);
  if (failed != 0) return address;
  return (v6 ? "[" + std::string(text) + "]" : std::string(text)) + address.substr(colon);
}

Check CheckPort(const std::string& name, const std::string& address, const std::string& role) {
  const std::string target =
      address.starts_with("unix:")
          ? address
          : "tcp:" + (address.starts_with(":") ? "127.0.0.1" + address : address);
  const auto health = supervise::HealthCheckOf(target);
  if (!health.ok())
    return Broken(name, health.status().message(),
                  "write an address like 127.0.0.1:4000 or unix:/run/x.sock");
  const Status answer = (*health)();
  if (answer.ok()) return Well(name, "something accepts on " + address);
  return Broken(name, answer.message(), "start nsd --roles " + role + ", or look into its log");
}

}  // namespace

Check Well(std::string name, std::string message) {
  return {std::move(name), true, std::move(message), ""};
}
Check Broken(std::string name, std::string message, std::string fix) {
  return {std::move(name), false, std::move(message), std::move(fix)};
}

Check CheckDocker(const std::string& socket) {
  const auto answer = Ping(socket);
  if (!answer.ok()) {
    return Broken(
        "dockerd",
        "the Docker daemon does not answer on " + socket + ": " + answer.status().message(),
        "start it (systemctl start docker), or let this account into the group docker");
  }
  if (answer->find(" 200") != std::string::npos) return Well("dockerd", "answers on " + socket);
  return Broken("dockerd", "the Docker daemon on " + socket + " says \"" + *answer + "\"",
                "look into its log (journalctl -u docker)");
}

Check CheckDisk(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) {
    return Broken("disk", "cannot look at " + folder + ": " + std::strerror(errno),
                  "start nsd once, which makes it, or correct `data` in the configuration");
  }
  const double free =
      static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) / kGiB;
  const std::string seen = OneDecimal(free) + " GiB free in " + folder;
  if (free < kLeastFreeGiB)
    return Broken(
        "disk", seen,
        "free at least " + OneDecimal(kLeastFreeGiB) + " GiB: builds and the database need it");
  if (disk.f_files > 0 && disk.f_favail * 50 < disk.f_files)
    return Broken("disk", "fewer than 2 % of the inodes of " + folder + " are free",
                  "remove small files there");
  return Well("disk", seen);
}

Check CheckFiles(const Layout& layout, const std::string& key_file) {
  struct stat key {
  }, data{};
  if (::stat(layout.data().c_str(), &data) != 0) {
    return Broken("files", layout.data() + ": " + std::strerror(errno),
                  "start nsd once, which makes it, or correct `data` in the configuration");
  }
  if ((data.st_mode & 0022) != 0) {
    return Broken(
        "files",
        layout.data() + " may be written by others (mode " + Rights(data.st_mode & 07777) + ")",
        "chmod go-w " + layout.data());
  }
  if (::stat(key_file.c_str(), &key) != 0) {
    return Broken("files", "the key file " + key_file + ": " + std::strerror(errno),
                  "put it back from a backup: without it no secret in the database can be read");
  }
  if ((key.st_mode & 0077) != 0) {
    return Broken("files",
                  "the key file " + key_file + " may be read by others (mode " +
                      Rights(key.st_mode & 07777) + ")",
                  "chmod 600 " + key_file);
  }
  return Well("files", "rights of " + layout.data() + " and of the key file are as they should be");
}

Check CheckSandbox(const git::GitOptions& options) {
  const std::string name = "git sandbox";
  if (options.sandbox == git::SandboxMode::kOff)
    return Well(name, "off, as git.sandbox says: clones have limits alone");
  const Status trial = git::TrySandbox(options, SystemClock());
  if (trial.ok()) return Well(name, options.bubblewrap + " works");
  if (options.sandbox == git::SandboxMode::kAuto)
    return Well(name, "none, clones have limits alone: " + trial.message());
  return Broken(name, trial.message(), "install bubblewrap, or set git.sandbox to auto");
}

Checks CheckHelpers(const Layout& layout) {
  const auto records = supervise::Supervisor::Recorded(layout.helpers());
  if (!records.ok())
    return {
        Broken("helpers", records.status().message(), "start nsd once, which makes the folder")};
  Checks checks;
  for (const auto& record : *records) {
    const std::string name = "helper " + record.name;
    if (record.running)
      checks.push_back(Well(name, "runs, pid " + std::to_string(record.pid)));
    else
      checks.push_back(
          Broken(name, "does not run",
                 "nsd starts it again within seconds; if not, its log says why: " + record.log));
  }
  return checks;
}

Checks CheckPorts(const config::Config& config) {
  Checks checks;
  for (const auto& instance : config.plugins) {
    for (const std::string& address : instance.listen)
      checks.push_back(CheckPort("port of " + instance.name, address, "services"));
  }
  if (config.registry.embedded)
    checks.push_back(CheckPort("port of the registry",
                               "127.0.0.1:" + std::to_string(config.registry.port), "controller"));
  return checks;
}

Checks CheckControllers(const config::Config& config) {
  Checks checks;
  for (const std::string& address : config.link.connect) {
    Check check = CheckPort("controller " + address, Resolved(address), "controller");
    if (!check.ok) check.fix = "start nsd there with link.listen, or correct link.connect";
    checks.push_back(std::move(check));
  }
  return checks;
}

std::string ChecksAsText(const Checks& checks) {
  size_t width = 0;
  for (const Check& check : checks) width = std::max(width, check.name.size());
  std::string text;
  for (const Check& check : checks) {
    text += check.ok ? "ok    " : "FAIL  ";
    text += check.name + std::string(width - check.name.size() + 2, ' ') + check.message + "\n";
    if (!check.ok && !check.fix.empty())
      text += std::string(width + 8, ' ') + "fix: " + check.fix + "\n";
  }
  const auto broken =
      std::count_if(checks.begin(), checks.end(), [](const Check& check) { return !check.ok; });
  text += broken == 0 ? "All is well.\n"
                      : std::to_string(broken) + " of " + std::to_string(checks.size()) +
                            " checks failed.\n";
  return text;
}

std::string ChecksAsJson(const Checks& checks) {
  neoshowcase::platform::v1::Health health;
  health.set_ok(AllWell(checks));
  for (const Check& check : checks) {
    auto& line = *health.add_checks();
    line.set_name(check.name);
    line.set_ok(check.ok);
    line.set_message(check.message);
    line.set_remedy(check.fix);
  }
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(health, &json, options).ok()) return "{}";
  return json;
}

bool AllWell(const Checks& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.ok; });
}

}  // namespace ns::host
