#include "http/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ns::gateway::http {
namespace {

void TakeCredentials(int fd, sdk::Peer& peer) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return;
  peer.has_credentials = true;
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.pid = credentials.pid;
}

std::string TextOf(int family, const void* address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, address, text, sizeof(text));
  return text;
}

// An IPv4 peer of an IPv6 socket is told as IPv4, as a list of proxies names it.
std::string AddressOf(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET)
    return TextOf(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr);
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
  return IN6_IS_ADDR_V4MAPPED(&address) ? TextOf(AF_INET, address.s6_addr + 12)
                                        : TextOf(AF_INET6, &address);
}

}  // namespace

sdk::Peer PeerOf(int fd) {
  sdk::Peer peer;
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return peer;
  if (storage.ss_family == AF_UNIX) TakeCredentials(fd, peer);
  if (storage.ss_family == AF_INET || storage.ss_family == AF_INET6)
    peer.address = AddressOf(storage);
  return peer;
}

}  // namespace ns::gateway::http
