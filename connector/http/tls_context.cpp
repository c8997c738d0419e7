#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>

#include "connector/http/tls_openssl.hpp"

namespace connector::http {
namespace {

// The wire form of the one protocol we speak (ALPN, RFC 7301).
constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

[[noreturn]] void cannot_use(std::string const& what, std::string const& file) {
  auto const why = take_error();
  throw std::runtime_error{
      what + (file.empty() ? "" : " \"" + file + "\"") + " cannot be used: " + why.message()};
}

owned<SSL_CTX> make_context(SSL_METHOD const* method) {
  ERR_clear_error();
  owned<SSL_CTX> made{SSL_CTX_new(method)};
  if (!made) throw std::runtime_error{"OpenSSL cannot start: " + take_error().message()};
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(made.get(), SSL_MODE_RELEASE_BUFFERS);
  return made;
}

// Without it OpenSSL would ask on the terminal.
int give_password(char* to, int size, int, void* password) {
  auto const& text = static_cast<core::secret const*>(password)->reveal();
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(text.begin(), text.end(), to);
  return static_cast<int>(text.size());
}

owned<EVP_PKEY> read_key(tls_client_settings const& settings) {
  owned<BIO> const from{
      settings.key_file.empty()
          ? BIO_new_mem_buf(
                settings.key.reveal().data(), static_cast<int>(settings.key.reveal().size())
            )
          : BIO_new_file(settings.key_file.c_str(), "r")};
  auto* const password = const_cast<core::secret*>(&settings.key_password);
  owned<EVP_PKEY> key{
      from ? PEM_read_bio_PrivateKey(from.get(), nullptr, give_password, password) : nullptr};
  if (!key) cannot_use("the client key", settings.key_file);
  return key;
}

void use_client_certificate(SSL_CTX* in, tls_client_settings const& settings) {
  if (SSL_CTX_use_certificate_chain_file(in, settings.certificate_file.c_str()) != 1) {
    cannot_use("the client certificate", settings.certificate_file);
  }
  auto const key = read_key(settings);
  if (SSL_CTX_use_PrivateKey(in, key.get()) != 1 || SSL_CTX_check_private_key(in) != 1) {
    cannot_use("the client key (does it belong to the certificate?)", settings.key_file);
  }
}

std::optional<boost::asio::ip::address> parse_address(std::string const& host) {
  boost::system::error_code ec;
  auto const address = boost::asio::ip::make_address(host, ec);
  if (ec) return std::nullopt;
  return address;
}

}  // namespace

struct tls_client::state {
  owned<SSL_CTX> context = make_context(TLS_client_method());
  bool roots_to_load = false;
};

tls_client::tls_client(tls_client_settings const& settings) : state_{std::make_unique<state>()} {
  auto* const context = state_->context.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_verdict);
  SSL_CTX_set_alpn_protos(context, http_1_1.data(), http_1_1.size());
  if (!settings.ca_file.empty() &&
      SSL_CTX_load_verify_locations(context, settings.ca_file.c_str(), nullptr) != 1) {
    cannot_use("the CA bundle", settings.ca_file);
  }
  // Some 150 certificates take longer to read than all else at start.
  state_->roots_to_load = settings.system_roots;
  if (!settings.certificate_file.empty()) use_client_certificate(context, settings);
}

tls_client::~tls_client() = default;

std::unique_ptr<tls_stream> tls_client::begin(
    std::unique_ptr<stream> inner, std::string const& host
) {
  if (std::exchange(state_->roots_to_load, false)) {
    SSL_CTX_set_default_verify_paths(state_->context.get());
  }
  owned<SSL> session{SSL_new(state_->context.get())};
  if (!session) throw std::bad_alloc{};
  auto* const checks = SSL_get0_param(session.get());
  X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool armed = false;
  if (parse_address(host)) {
    armed = X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) == 1;
  } else {
    armed = X509_VERIFY_PARAM_set1_host(checks, host.c_str(), host.size()) == 1 &&
            SSL_set_tlsext_host_name(session.get(), host.c_str()) == 1;
  }
  // Going on would mean to accept any host's certificate.
  if (!armed) throw std::runtime_error{"OpenSSL does not take \"" + host + "\" as a host"};
  SSL_set_connect_state(session.get());
  return make_tls_stream(std::move(session), std::move(inner), host);
}

struct tls_server::state {
  owned<SSL_CTX> context = make_context(TLS_server_method());
};

namespace {

int choose_protocol(SSL*, unsigned char const** out, unsigned char* size, unsigned char const* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(
          &chosen, size, http_1_1.data(), http_1_1.size(), offered, offered_size
      ) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

tls_server::tls_server(tls_server_settings const& settings) : state_{std::make_unique<state>()} {
  auto* const context = state_->context.get();
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1) {
    cannot_use("the server's certificate", settings.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    cannot_use("the server's key", settings.key_file);
  }
  if (settings.client_ca_file.empty()) return;
  if (SSL_CTX_load_verify_locations(context, settings.client_ca_file.c_str(), nullptr) != 1) {
    cannot_use("the CA bundle for clients", settings.client_ca_file);
  }
  constexpr std::string_view session_scope = "connector";
  SSL_CTX_set_session_id_context(
      context,
      reinterpret_cast<unsigned char const*>(session_scope.data()),
      static_cast<unsigned>(session_scope.size())
  );
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, note_verdict);
}

tls_server::~tls_server() = default;

std::unique_ptr<tls_stream> tls_server::begin(std::unique_ptr<stream> inner) {
  owned<SSL> session{SSL_new(state_->context.get())};
  if (!session) throw std::bad_alloc{};
  SSL_set_accept_state(session.get());
  return make_tls_stream(std::move(session), std::move(inner), "the client");
}

}  // namespace connector::http
