// Certificates of a server.
#pragma once

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace ns::gateway::http {

struct TlsFiles {
  std::string certificate;  // PEM: the server's, then those above it
  std::string key;          // PEM
};

// TLS 1.2 and later; offers HTTP/2 and HTTP/1.1 by ALPN. Throws std::invalid_argument with what is
// wrong with which file.
std::shared_ptr<boost::asio::ssl::context> NewTls(const TlsFiles& files);

}  // namespace ns::gateway::http
