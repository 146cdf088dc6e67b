/* Runs inside containers as Docker's health check, where images need not have any program of their
   own: ends with 0 when the port answers. container_health up | tcp PORT | http PORT PATH */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int Connect(int port) {
  const struct timeval patience = {4, 0};
  struct sockaddr_in to;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&to, 0, sizeof(to));
  to.sin_family = AF_INET;
  to.sin_port = htons((unsigned short)port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  return connect(fd, (struct sockaddr*)&to, sizeof(to)) == 0 ? fd : -1;
}

/* Any status below 500 is ready. */
static int Asked(int fd, const char* path) {
  char text[2048];
  const int size = snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
  int status = 0;
  ssize_t got;
  if (size >= (int)sizeof(text) || write(fd, text, (size_t)size) != size) return 1;
  got = read(fd, text, sizeof(text) - 1);
  if (got <= 0) return 1;
  text[got] = 0;
  return sscanf(text, "HTTP/%*d.%*d %d", &status) == 1 && status < 500 ? 0 : 1;
}

int main(int argc, char** argv) {
  int fd;
  if (argc == 2 && strcmp(argv[1], "up") == 0) return 0;
  if (argc < 3) return 2;
  fd = Connect(atoi(argv[2]));
  if (fd < 0) return 1;
  return argc > 3 ? Asked(fd, argv[3]) : 0;
}
