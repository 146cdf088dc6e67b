#include "httpd_site.h"

#include <signal.h>

#include "httpd_text.h"

// The library of handed_socket.c, which the build lays beside this file (handed_socket.S.in).
extern "C" const char ns_handed_socket[], ns_handed_socket_end[];

namespace ns::site_httpd {
namespace {

constexpr const char* kHandedSocket = "handed-socket.so";

std::string HandedSocketLibrary() { return std::string(ns_handed_socket, ns_handed_socket_end); }

}  // namespace

HttpdSite::HttpdSite(const sdk::Setup& setup)
    : ServedSite(setup, {"httpd", "apache2", "apache2-bin", SIGWINCH}) {}

std::string HttpdSite::Text(const sdk::SiteSettings& settings, const std::string& mark) const {
  return ConfigText(config(), settings, mark);
}

std::vector<std::string> HttpdSite::RunCommand(const std::string& binary,
                                               const Paths& paths) const {
  return {binary, "-D", "FOREGROUND", "-f", paths.file};
}

std::vector<std::string> HttpdSite::CheckCommand(const std::string& binary,
                                                 const Paths& paths) const {
  return {binary, "-t", "-f", paths.file};
}

std::map<std::string, std::string> HttpdSite::Files() const {
  return {{"404.txt", "404 Not Found\n"},
          {"405.txt", "405 Method Not Allowed\n"},
          {kHandedSocket, HandedSocketLibrary()}};
}

std::vector<std::string> HttpdSite::HandedOver(const Paths& paths) const {
  return {"LD_PRELOAD=" + paths.folder + "/" + kHandedSocket};
}

void HttpdSite::CheckAddress(const sdk::SiteSettings& settings) const {
  if (settings.listen.starts_with("unix:"))
    throw sdk::Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
                     "The address of the server is \"" + settings.listen +
                         "\"; httpd listens at 127.0.0.1:<port> only.",
                     sdk::Fault::kOperator);
}

void HttpdSite::TakeUp(const sdk::Call&, const Paths&, int64_t pid) {
  if (pid > 0) ::kill(static_cast<pid_t>(pid), SIGUSR1);
}

}  // namespace ns::site_httpd
