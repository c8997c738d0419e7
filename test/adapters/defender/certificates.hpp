#pragma once

#include <string>

#include "connector/core/value.hpp"

namespace defender_test {

/// A key pair made for one test, as PEM files below the test's temporary folder.
struct certificate_files {
  std::string certificate;
  std::string key;
};

enum class key_kind { rsa, elliptic };

/// Valid for `days` from now.
certificate_files make_certificate_files(key_kind kind = key_kind::rsa, int days = 90);

/// The JWT's signature is PS256 with a salt of 32 bytes by the certificate's key.
bool is_signed_by(certificate_files const& files, std::string const& jwt);

/// SHA-256 of the certificate's DER form, base64url.
std::string thumbprint_of(certificate_files const& files);

connector::core::record header_of(std::string const& jwt);
connector::core::record claims_of(std::string const& jwt);

}  // namespace defender_test
