#include "adapters/defender/assertion.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "connector/http/base64.hpp"

namespace adapters::defender {
namespace core = connector::core;
namespace http = connector::http;
namespace json = boost::json;

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using digest_ptr = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;

/// OpenSSL keeps failures in a queue of the thread, where the TLS code would find them.
struct quiet_openssl {
  ~quiet_openssl() { ERR_clear_error(); }
};

core::error unusable(std::string detail) { return {core::errc::invalid, std::move(detail)}; }

bio_ptr memory_of(std::string const& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Without this OpenSSL asks for the password of an encrypted key on the terminal.
int no_password(char*, int, int, void*) { return -1; }

x509_ptr parse_certificate(std::string const& pem) {
  auto const in = memory_of(pem);
  return x509_ptr{PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr)};
}

key_ptr parse_key(core::secret const& pem) {
  auto const in = memory_of(pem.reveal());
  return key_ptr{PEM_read_bio_PrivateKey(in.get(), nullptr, &no_password, nullptr)};
}

core::result<std::string> read_small_file(std::string const& path) {
  constexpr std::uintmax_t bytes_max = 1u << 20;
  std::error_code ec;
  auto const size = std::filesystem::file_size(path, ec);
  if (ec || size > bytes_max) return unusable("cannot read " + path + ", or it is too large");
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in) return unusable("cannot read " + path);
  return text;
}

core::result<std::string> thumbprint(X509* certificate) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned length = 0;
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  if (X509_digest(certificate, EVP_sha256(), bytes, &length) != 1) {
    return unusable("the certificate has no thumbprint");
  }
  out.resize(length);
  return out;
}

core::result<std::string> sign_ps256(EVP_PKEY* key, std::string_view text) {
  digest_ptr const context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* details = nullptr;  // owned by the context
  auto const* const in = reinterpret_cast<unsigned char const*>(text.data());
  std::size_t length = 0;
  if (EVP_DigestSignInit(context.get(), &details, EVP_sha256(), nullptr, key) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, in, text.size()) != 1) {
    return unusable("the key cannot sign with PS256");
  }
  std::string out(length, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  if (EVP_DigestSign(context.get(), bytes, &length, in, text.size()) != 1) {
    return unusable("signing failed");
  }
  out.resize(length);
  return out;
}

std::int64_t seconds_of(core::time_point at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

core::result<identity_certificate> read_certificate(
    std::string const& certificate_file, std::string const& key_file
) {
  quiet_openssl const quiet;
  auto certificate_pem = read_small_file(certificate_file);
  if (!certificate_pem) return certificate_pem.error();
  auto key_pem = read_small_file(key_file);
  if (!key_pem) return key_pem.error();
  identity_certificate own{std::move(*certificate_pem), core::secret{std::move(*key_pem)}};
  auto const certificate = parse_certificate(own.certificate_pem);
  if (!certificate) return unusable(certificate_file + " holds no certificate in PEM");
  auto const key = parse_key(own.key_pem);
  if (!key) return unusable(key_file + " holds no private key in PEM without a password");
  if (EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return unusable(key_file + " holds no RSA key, which PS256 needs");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return unusable(key_file + " is not the key of " + certificate_file);
  }
  return own;
}

core::result<core::time_point> expiry_of(identity_certificate const& own) {
  quiet_openssl const quiet;
  auto const certificate = parse_certificate(own.certificate_pem);
  std::tm at{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &at) != 1) {
    return unusable("the certificate has no readable end");
  }
  using namespace std::chrono;
  auto const day = year{at.tm_year + 1900} / (at.tm_mon + 1) / at.tm_mday;
  return core::time_point{
      sys_days{day} + hours{at.tm_hour} + minutes{at.tm_min} + seconds{at.tm_sec}};
}

core::result<core::secret> sign_assertion(
    identity_certificate const& own, assertion_claims const& claims
) {
  quiet_openssl const quiet;
  auto const certificate = parse_certificate(own.certificate_pem);
  auto const key = parse_key(own.key_pem);
  if (!certificate || !key) return unusable("the certificate or its key cannot be used");
  auto const print = thumbprint(certificate.get());
  if (!print) return print.error();
  auto const from = claims.now - std::chrono::minutes{1};
  auto const header =
      json::object{{"alg", "PS256"}, {"typ", "JWT"}, {"x5t#S256", http::base64url(*print)}};
  auto const payload = json::object{
      {"aud", claims.audience},
      {"iss", claims.client_id},
      {"sub", claims.client_id},
      {"jti", claims.unique_id},
      {"iat", seconds_of(claims.now)},
      {"nbf", seconds_of(from)},
      {"exp", seconds_of(from + std::chrono::minutes{10})}};
  auto text =
      http::base64url(json::serialize(header)) + "." + http::base64url(json::serialize(payload));
  auto const signature = sign_ps256(key.get(), text);
  if (!signature) return signature.error();
  text += "." + http::base64url(*signature);
  return core::secret{std::move(text)};
}

}  // namespace adapters::defender
