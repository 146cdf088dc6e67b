/* Loaded into httpd, which opens the sockets it listens on by itself and, as Debian builds it,
   takes none from anybody. The first socket that is bound to the address at which descriptor 3
   listens already becomes that one. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kHanded = 3 };

int bind(int fd, const struct sockaddr* address, socklen_t size) {
  struct sockaddr_storage handed;
  socklen_t handed_size = sizeof handed;
  int flags = 0;
  if (fd == kHanded || getsockname(kHanded, (struct sockaddr*)&handed, &handed_size) != 0 ||
      handed_size != size || memcmp(&handed, address, size) != 0)
    return (int)syscall(SYS_bind, fd, address, size);
  flags = fcntl(fd, F_GETFD);
  if (dup3(kHanded, fd, flags >= 0 && (flags & FD_CLOEXEC) ? O_CLOEXEC : 0) < 0) return -1;
  close(kHanded); /* so that it is shut when httpd closes its own */
  return 0;
}
