// A server as the conformance suite of Connect starts it: the gateway as a library loaded by the
// real plugin host, and the suite's service behind it.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "conformance_calls.h"
#include "fields.h"
#include "plugin/plugin_host.h"

namespace ns::conformance {
namespace {

// Messages on standard input and output are behind four bytes of their size.
std::string ReadSized() {
  std::array<unsigned char, 4> head{};
  std::cin.read(reinterpret_cast<char*>(head.data()), head.size());
  const size_t size =
      size_t{head[0]} << 24 | size_t{head[1]} << 16 | size_t{head[2]} << 8 | head[3];
  std::string bytes(size, '\0');
  std::cin.read(bytes.data(), static_cast<std::streamsize>(size));
  return bytes;
}

void WriteSized(int out, const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  std::string sized;
  for (const int shift : {24, 16, 8, 0}) sized += static_cast<char>(size >> shift & 0xff);
  sized += bytes;
  if (::write(out, sized.data(), sized.size()) != static_cast<ssize_t>(sized.size())) std::abort();
}

int ListenOnLoopback(uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 1024) != 0)
    std::abort();
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/ns-conformance-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ConfigOf(const Message& asked, const Folder& folder) {
  boost::json::object config{{"threads", 2}};
  if (const uint32_t most = Number(asked, "message_receive_limit"); most != 0)
    config["body_bytes"] = most;
  if (Flag(asked, "use_tls")) {
    const Message& own = Part(asked, "server_creds");
    config["tls"] =
        boost::json::object{{"certificate", folder.Write("certificate.pem", Text(own, "cert"))},
                            {"key", folder.Write("key.pem", Text(own, "key"))}};
  }
  return boost::json::serialize(config);
}

int Run(const std::string& plugins, const std::string& definitions_folder) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before there are threads
  const int out = ::dup(STDOUT_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what is logged
  Definitions definitions(definitions_folder);
  const auto asked = definitions.New("ServerCompatRequest");
  if (!asked->ParseFromString(ReadSized())) return 2;
  const Folder folder;
  ConformanceCalls calls(definitions, SystemClock());
  supervise::Supervisor supervisor(folder.path() + "/helpers", SystemClock());
  plugin::PluginHost host(
      {{plugins}, folder.path() + "/copies", folder.path() + "/instances", "conformance", "test"},
      {SystemClock(), supervisor, &calls});
  const plugin::LoadReport report = host.Load(
      {{"gateway", "gateway", true, ConfigOf(*asked, folder), "here"}}, {plugin::kServiceKind});
  for (const auto& refused : report.refused)
    std::fprintf(stderr, "%s\n", refused.Message().c_str());
  if (report.loaded.empty()) return 2;
  uint16_t port = 0;
  const int fd = ListenOnLoopback(port);
  const Status started = report.loaded[0].service->Start({}, {{fd, "127.0.0.1"}});
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.ToString().c_str());
    return 2;
  }
  const auto answer = definitions.New("ServerCompatResponse");
  SetText(*answer, "host", "127.0.0.1");
  SetNumber(*answer, "port", port);
  if (Flag(*asked, "use_tls"))
    SetText(*answer, "pem_cert", Text(Part(*asked, "server_creds"), "cert"));
  WriteSized(out, answer->SerializeAsString());
  int signal = 0;
  ::sigwait(&ends, &signal);  // the suite ends us
  (void)report.loaded[0].service->Drain({{}, SystemClock().Monotonic() + std::chrono::seconds(1)});
  ::close(fd);
  return 0;
}

}  // namespace
}  // namespace ns::conformance

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: conformance_server PLUGINS DEFINITIONS\n");
    return 2;
  }
  return ns::conformance::Run(argv[1], argv[2]);
}
