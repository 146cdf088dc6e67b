// The application that the end-to-end tests deploy: one static binary, a thread a connection.
//
//   /            version from /version (baked into the image), with X-Version
//   /echo        POST: the body back
//   /slow        3 s, then as /
//   /env         KEY=VALUE lines of the environment
//   /ws          WebSocket echo; the first message sent is the version
//   anything     as /
//
// /mode (baked into the image) or MODE in the environment chooses misbehaviour: `exit` (ends with 3
// after one second), `deaf` (never listens), `crash` (ends with 4 at once), `unhealthy` (listens,
// answers 503 to everything). It ends at once on SIGTERM: whatever was open then is lost, which is
// what a test of draining wants.

#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

std::string ReadWord(const char* path, const char* fallback) {
  std::ifstream file(path);
  std::string word;
  return file >> word ? word : fallback;
}

std::string version;
bool unhealthy = false;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

std::string Environment() {
  std::string text;
  for (char** entry = environ; *entry != nullptr; ++entry) text += std::string(*entry) + "\n";
  return text;
}

Response Answer(const Request& request) {
  Response response{unhealthy ? http::status::service_unavailable : http::status::ok,
                    request.version()};
  response.set("X-Version", version);
  response.set(http::field::content_type, "text/plain");
  response.keep_alive(request.keep_alive());
  if (request.target() == "/echo") {
    response.body() = request.body();
  } else if (request.target() == "/env") {
    response.body() = Environment();
  } else {
    if (request.target() == "/slow") std::this_thread::sleep_for(std::chrono::seconds(3));
    response.body() = version + "\n";
  }
  response.prepare_payload();
  return response;
}

void ServeWebSocket(beast::tcp_stream stream, const Request& request) {
  beast::websocket::stream<beast::tcp_stream> socket(std::move(stream));
  socket.accept(request);
  socket.write(asio::buffer(version));
  for (beast::flat_buffer buffer;; buffer.clear()) {
    socket.read(buffer);
    socket.text(socket.got_text());
    socket.write(buffer.data());
  }
}

void Serve(tcp::socket socket) try {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(64 * 1024 * 1024);
    http::read(stream, buffer, parser);
    const Request request = parser.release();
    if (beast::websocket::is_upgrade(request)) return ServeWebSocket(std::move(stream), request);
    const Response response = Answer(request);
    http::write(stream, response);
    if (!response.keep_alive()) break;
  }
  stream.socket().shutdown(tcp::socket::shutdown_send);
} catch (const std::exception&) {
  // The peer is gone.
}

}  // namespace

int main() {
  std::signal(SIGTERM, [](int) { _exit(0); });
  std::signal(SIGINT, [](int) { _exit(0); });
  std::signal(SIGPIPE, SIG_IGN);
  version = ReadWord("/version", "0");
  const char* override_mode = std::getenv("MODE");
  const std::string mode = override_mode != nullptr ? override_mode : ReadWord("/mode", "serve");
  const char* port = std::getenv("PORT");
  std::printf("testapp %s, mode %s\n", version.c_str(), mode.c_str());
  std::fflush(stdout);
  if (mode == "crash") return 4;
  if (mode == "deaf") {
    for (;;) pause();
  }
  if (mode == "exit") {
    std::thread([] {
      std::this_thread::sleep_for(std::chrono::seconds(1));
      _exit(3);
    }).detach();
  }
  unhealthy = mode == "unhealthy";
  asio::io_context context;
  tcp::acceptor acceptor(
      context, {tcp::v4(), static_cast<unsigned short>(port != nullptr ? std::atoi(port) : 8080)});
  for (;;) {
    tcp::socket socket = acceptor.accept(context);
    std::thread(Serve, std::move(socket)).detach();
  }
}
