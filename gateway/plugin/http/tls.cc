#include "http/tls.h"

#include <boost/asio/ssl.hpp>
#include <stdexcept>

namespace ns::gateway::http {
namespace {

namespace ssl = boost::asio::ssl;

// In the wire form of RFC 7301, best first.
constexpr unsigned char kOffered[] = "\x02h2\x08http/1.1";

int Agree(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* asked,
          unsigned asked_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, kOffered, sizeof(kOffered) - 1, asked, asked_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void Check(const boost::system::error_code& error, const std::string& what,
           const std::string& file) {
  if (error)
    throw std::invalid_argument(what + " \"" + file + "\" cannot be used: " + error.message());
}

}  // namespace

std::shared_ptr<ssl::context> NewTls(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                       ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                       SSL_OP_NO_RENEGOTIATION);
  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  Check(error, "the certificate", files.certificate);
  context->use_private_key_file(files.key, ssl::context::pem, error);
  Check(error, "the key", files.key);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), &Agree, nullptr);
  return context;
}

}  // namespace ns::gateway::http
