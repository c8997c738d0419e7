#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>

#include "connector/http/tls_openssl.hpp"

namespace connector::http {
namespace {

using boost::system::error_code;

std::string to_text(BIO* from) {
  char* data = nullptr;
  auto const size = BIO_get_mem_data(from, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string to_text(X509_NAME const* name) {
  owned<BIO> const out{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  return to_text(out.get());
}

std::string to_text(ASN1_TIME const* at) {
  owned<BIO> const out{BIO_new(BIO_s_mem())};
  ASN1_TIME_print(out.get(), at);
  return to_text(out.get());
}

// "DNS:a.example, IP Address:10.0.0.1" as OpenSSL prints the extension.
std::string subject_names(X509 const* certificate) {
  int const at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
  if (at < 0) return {};
  owned<BIO> const out{BIO_new(BIO_s_mem())};
  X509V3_EXT_print(out.get(), X509_get_ext(certificate, at), 0, 0);
  return to_text(out.get());
}

std::string describe_verdict(std::string const& peer, verdict const& found) {
  switch (found.problem) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "a certificate of " + peer + " (" + found.subject + ") expired on " + found.until +
             ": whoever runs it must renew it, or the clock of this machine is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "a certificate of " + peer + " (" + found.subject +
             ") is not valid yet: check the clock of this machine";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the certificate shown is not for " + peer + " but for " +
             (found.names.empty() ? found.subject : found.names) +
             ": check the host in the URL, or who answers there";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the certificate of " + peer +
             " is signed by an authority that is not trusted here (" + found.issuer +
             "): if that authority is right, add its certificate to the CA bundle of this "
             "connection; a proxy that inspects TLS has its own";
    case X509_V_ERR_CERT_REVOKED:
      return "the certificate of " + peer + " is revoked";
    default:
      return "the certificate of " + peer + " (" + found.subject +
             ") is not acceptable: " + X509_verify_cert_error_string(found.problem);
  }
}

}  // namespace

int note_verdict(int accepted, X509_STORE_CTX* store) {
  if (accepted) return accepted;
  auto const* ssl = static_cast<SSL const*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
  );
  auto* const found = ssl ? static_cast<verdict*>(SSL_get_app_data(ssl)) : nullptr;
  auto const* certificate = X509_STORE_CTX_get_current_cert(store);
  if (!found || found->problem != X509_V_OK) return accepted;
  found->problem = X509_STORE_CTX_get_error(store);
  if (certificate) {
    found->subject = to_text(X509_get_subject_name(certificate));
    found->issuer = to_text(X509_get_issuer_name(certificate));
    found->until = to_text(X509_get0_notAfter(certificate));
    found->names = subject_names(certificate);
  }
  return accepted;
}

error_code take_error() {
  auto const code = ERR_get_error();
  ERR_clear_error();
  return {static_cast<int>(code), boost::asio::error::get_ssl_category()};
}

std::string describe(std::string const& peer, verdict const& found, error_code why) {
  if (found.problem != X509_V_OK) return describe_verdict(peer, found);
  if (why.category() != boost::asio::error::get_ssl_category()) {
    return "the TLS handshake with " + peer + " was cut short: " + why.message();
  }
  return explain(peer, why);
}

std::string explain(std::string const& peer, error_code why) {
  if (why == boost::asio::error::eof) return peer + " closed the connection";
  if (why.category() != boost::asio::error::get_ssl_category()) return peer + ": " + why.message();
  switch (ERR_GET_REASON(static_cast<unsigned long>(why.value()))) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return peer +
             " does not speak TLS at this port: check the port and whether the URL must "
             "begin with http://";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return peer + " offers no TLS 1.2 or later";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return peer + " demands a client certificate: set one for this connection";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return peer +
             " refused the TLS handshake: it may demand a client certificate or other ciphers";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
      return peer + " does not accept our client certificate (" + why.message() + ")";
    default:
      return "TLS with " + peer + ": " + why.message();
  }
}

}  // namespace connector::http
