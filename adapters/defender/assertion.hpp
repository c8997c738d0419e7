#pragma once

#include <string>
#include <string_view>

#include "connector/core/error.hpp"
#include "connector/core/secret.hpp"
#include "connector/core/time.hpp"

namespace adapters::defender {

/// An application's certificate with its private key. Both stay in memory as PEM and are parsed
/// for each use: signing in is rare.
struct identity_certificate {
  std::string certificate_pem;
  connector::core::secret key_pem;
};

/// Reads both files; `invalid` with the path if one is missing, larger than 1 MiB, or they do not
/// belong together, or the key is no RSA key or asks for a password.
connector::core::result<identity_certificate> read_certificate(
    std::string const& certificate_file, std::string const& key_file
);

/// When the certificate stops being valid.
connector::core::result<connector::core::time_point> expiry_of(identity_certificate const& own);

/// What a client assertion says;
/// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
struct assertion_claims {
  std::string audience;   ///< the token endpoint
  std::string client_id;  ///< issuer and subject
  std::string unique_id;
  connector::core::time_point now{};
};

/// A JWT signed with PS256 that names the certificate by x5t#S256, valid for ten minutes from one
/// minute ago, so that a clock running ahead a little does no harm.
connector::core::result<connector::core::secret> sign_assertion(
    identity_certificate const& own, assertion_claims const& claims
);

}  // namespace adapters::defender
