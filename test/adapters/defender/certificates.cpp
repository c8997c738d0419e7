#include "certificates.hpp"

#include <atomic>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "connector/http/base64.hpp"

namespace defender_test {
namespace {

using file_ptr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using key_ptr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using x509_ptr = std::unique_ptr<X509, void (*)(X509*)>;

file_ptr open_file(std::string const& path, char const* how) {
  return {std::fopen(path.c_str(), how), &std::fclose};
}

x509_ptr read_certificate(std::string const& path) {
  auto const in = open_file(path, "r");
  return {PEM_read_X509(in.get(), nullptr, nullptr, nullptr), &X509_free};
}

std::string part_of(std::string const& jwt, int n) {
  std::size_t from = 0;
  for (; n > 0; --n) from = jwt.find('.', from) + 1;
  return jwt.substr(from, jwt.find('.', from) - from);
}

std::string decoded(std::string const& part) {
  return connector::http::from_base64url(part).value_or("");
}

}  // namespace

certificate_files make_certificate_files(key_kind kind, int days) {
  static std::atomic<int> count{0};
  auto const name = "defender-" + std::to_string(getpid()) + "-" + std::to_string(++count);
  auto const base = (std::filesystem::path{::testing::TempDir()} / name).string();
  certificate_files files{base + ".crt", base + ".key"};
  key_ptr const key{
      kind == key_kind::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), &EVP_PKEY_free};
  x509_ptr const certificate{X509_new(), &X509_free};
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * 86'400L);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  PEM_write_X509(open_file(files.certificate, "w").get(), certificate.get());
  auto const out = open_file(files.key, "w");
  PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return files;
}

bool is_signed_by(certificate_files const& files, std::string const& jwt) {
  auto const certificate = read_certificate(files.certificate);
  auto const text = jwt.substr(0, jwt.rfind('.'));
  auto const signature = decoded(part_of(jwt, 2));
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> const context{
      EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  EVP_PKEY_CTX* details = nullptr;
  auto* const key = X509_get0_pubkey(certificate.get());
  if (EVP_DigestVerifyInit(context.get(), &details, EVP_sha256(), nullptr, key) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_pss_saltlen(details, 32) != 1) {
    return false;
  }
  return EVP_DigestVerify(
             context.get(),
             reinterpret_cast<unsigned char const*>(signature.data()),
             signature.size(),
             reinterpret_cast<unsigned char const*>(text.data()),
             text.size()
         ) == 1;
}

std::string thumbprint_of(certificate_files const& files) {
  auto const certificate = read_certificate(files.certificate);
  std::string print(32, '\0');
  unsigned length = 0;
  X509_digest(
      certificate.get(), EVP_sha256(), reinterpret_cast<unsigned char*>(print.data()), &length
  );
  return connector::http::base64url(print);
}

connector::core::record header_of(std::string const& jwt) {
  return boost::json::parse(decoded(part_of(jwt, 0))).as_object();
}

connector::core::record claims_of(std::string const& jwt) {
  return boost::json::parse(decoded(part_of(jwt, 1))).as_object();
}

}  // namespace defender_test
