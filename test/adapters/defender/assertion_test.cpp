#include "adapters/defender/assertion.hpp"

#include <filesystem>
#include <fstream>

#include "certificates.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using adapters::defender::assertion_claims;
using adapters::defender::read_certificate;
using adapters::defender::sign_assertion;
using ::testing::HasSubstr;

std::string signed_with(certificate_files const& files) {
  auto const own = read_certificate(files.certificate, files.key);
  assertion_claims claims{token_url, "the-client", "unique", at("2026-11-22T12:00:00.7Z")};
  return sign_assertion(own.value(), claims).value().reveal();
}

TEST(Assertion, IsSignedWithPs256) {
  auto const files = make_certificate_files();

  auto jwt = signed_with(files);

  EXPECT_TRUE(is_signed_by(files, jwt));
  EXPECT_FALSE(is_signed_by(make_certificate_files(), jwt));
  jwt[jwt.find('.') + 3] ^= 1;
  EXPECT_FALSE(is_signed_by(files, jwt));
}

TEST(Assertion, NamesTheCertificateByItsSha256Thumbprint) {
  auto const files = make_certificate_files();

  auto const header = header_of(signed_with(files));

  EXPECT_EQ(header.at("alg"), "PS256");
  EXPECT_EQ(header.at("typ"), "JWT");
  EXPECT_EQ(header.at("x5t#S256"), core::value(thumbprint_of(files)));
}

TEST(Assertion, IsForTheTokenEndpointAndTenMinutes) {
  auto const claims = claims_of(signed_with(make_certificate_files()));

  auto const now = 1'795'348'800;
  EXPECT_EQ(claims.at("aud"), token_url);
  EXPECT_EQ(claims.at("iss"), "the-client");
  EXPECT_EQ(claims.at("sub"), "the-client");
  EXPECT_EQ(claims.at("jti"), "unique");
  EXPECT_EQ(claims.at("iat"), now);
  EXPECT_EQ(claims.at("nbf"), now - 60);
  EXPECT_EQ(claims.at("exp"), now + 540);
}

TEST(Certificate, MustBelongToItsKey) {
  auto const files = make_certificate_files();
  auto const others = make_certificate_files();

  auto const own = read_certificate(files.certificate, others.key);

  EXPECT_EQ(own.error().code, errc::invalid);
  EXPECT_THAT(own.error().detail, HasSubstr("is not the key of"));
}

TEST(Certificate, MustHaveAnRsaKey) {
  auto const files = make_certificate_files(key_kind::elliptic);

  EXPECT_THAT(read_certificate(files.certificate, files.key).error().detail, HasSubstr("RSA"));
}

TEST(Certificate, ThatCannotBeReadIsNamed) {
  auto const files = make_certificate_files();

  EXPECT_THAT(
      read_certificate("/does/not/exist.crt", files.key).error().detail,
      HasSubstr("/does/not/exist.crt")
  );
  EXPECT_THAT(
      read_certificate(files.key, files.key).error().detail, HasSubstr("holds no certificate")
  );
  EXPECT_THAT(
      read_certificate(files.certificate, files.certificate).error().detail,
      HasSubstr("holds no private key")
  );
}

TEST(Certificate, TellsWhenItEnds) {
  auto const files = make_certificate_files(key_kind::rsa, 10);
  auto const own = read_certificate(files.certificate, files.key);

  auto const end = adapters::defender::expiry_of(*own);

  ASSERT_TRUE(end);
  auto const now = std::chrono::system_clock::now();
  EXPECT_GT(*end, now + std::chrono::hours{9 * 24});
  EXPECT_LT(*end, now + std::chrono::hours{11 * 24});
}

}  // namespace
}  // namespace defender_test
