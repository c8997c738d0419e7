#include "test/http/test_ca.hpp"

#include <cstdlib>
#include <fstream>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sstream>
#include <stdexcept>

namespace connector::test {
namespace {

struct free_ssl {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, free_ssl>;

void must(bool good) {
  if (!good) throw std::runtime_error{"OpenSSL failed to make a test certificate"};
}

void extend(X509* certificate, X509* issuer, int kind, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  owned<X509_EXTENSION> const made{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  must(made != nullptr);
  X509_add_ext(certificate, made.get(), -1);
}

owned<X509> make_certificate(
    std::string const& name,
    EVP_PKEY* key,
    X509* issuer,
    EVP_PKEY* issuer_key,
    int from_days,
    int to_days,
    std::string const& alternative_names
) {
  static long serial = 1;
  owned<X509> made{X509_new()};
  auto* const certificate = made.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * 86'400L);
  X509_gmtime_adj(X509_getm_notAfter(certificate), to_days * 86'400L);
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate),
      "CN",
      MBSTRING_UTF8,
      reinterpret_cast<unsigned char const*>(name.c_str()),
      -1,
      -1,
      0
  );
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer : certificate));
  X509_set_pubkey(certificate, key);
  auto* const signer = issuer ? issuer : certificate;
  extend(certificate, signer, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
  if (!issuer) extend(certificate, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!alternative_names.empty()) {
    extend(certificate, signer, NID_subject_alt_name, alternative_names);
  }
  must(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
  return made;
}

void write_certificate(std::string const& path, X509* certificate) {
  owned<BIO> const file{BIO_new_file(path.c_str(), "w")};
  must(file && PEM_write_bio_X509(file.get(), certificate) == 1);
}

}  // namespace

scratch_folder::scratch_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "http-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error{"no scratch folder"};
  path_ = pattern;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

struct test_ca::state {
  scratch_folder const& folder;
  owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  owned<X509> certificate;
  std::string file;
};

test_ca::test_ca(scratch_folder const& in, std::string const& name)
    : state_{new state{in, owned<EVP_PKEY>{EVP_EC_gen("P-256")}, nullptr, in.path(name + ".pem")}} {
  auto* const key = state_->key.get();
  state_->certificate = make_certificate(name, key, nullptr, key, -1, 30, "");
  write_certificate(state_->file, state_->certificate.get());
}

test_ca::~test_ca() = default;

std::string const& test_ca::file() const { return state_->file; }

certificate_files test_ca::issue(
    std::string const& file_name, std::string const& names, int from_days, int to_days
) {
  owned<EVP_PKEY> const key{EVP_EC_gen("P-256")};
  auto const made = make_certificate(
      file_name, key.get(), state_->certificate.get(), state_->key.get(), from_days, to_days, names
  );
  certificate_files files{
      state_->folder.path(file_name + ".pem"), state_->folder.path(file_name + ".key")};
  write_certificate(files.certificate, made.get());
  owned<BIO> const key_file{BIO_new_file(files.key.c_str(), "w")};
  must(
      key_file &&
      PEM_write_bio_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1
  );
  return files;
}

std::string read_file(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

}  // namespace connector::test
