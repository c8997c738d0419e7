#pragma once

// What the .cpp files around OpenSSL share; no other file includes it.

#include <boost/system/error_code.hpp>
#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

#include "connector/http/tls.hpp"

namespace connector::http {

struct free_ssl {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, free_ssl>;

/// What verification objected to, with what a person needs to see why.
struct verdict {
  int problem = X509_V_OK;
  std::string subject;
  std::string issuer;
  std::string names;  ///< what the certificate is for
  std::string until;  ///< notAfter
};

/// An SSL_verify_cb. Changes nothing; fills the `verdict` in the SSL's app data.
int note_verdict(int accepted, X509_STORE_CTX* store);

/// The first entry of OpenSSL's error queue, as a code of a category that can name it; clears it.
boost::system::error_code take_error();

/// Why no TLS session with `peer` came about, and what to do.
std::string describe(std::string const& peer, verdict const& found, boost::system::error_code why);

/// TLS on `inner` by a session that is set up for one side.
std::unique_ptr<tls_stream> make_tls_stream(
    owned<SSL> session, std::unique_ptr<stream> inner, std::string peer
);

}  // namespace connector::http
