#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connector/http/url.hpp"

namespace connector::http {

/// Which origins are reached without the proxy, by rules as in the NO_PROXY variable:
///   *                      all
///   example.com            that host and all below it
///   .example.com           all hosts below it
///   10.1.2.3, ::1          that address
///   10.0.0.0/8, fd00::/8   addresses of that block
/// A host or address may be followed by a port ("example.com:8443", "[::1]:8080"). Names are not
/// looked up: a block matches addresses written as such. Throws std::runtime_error for a rule that
/// is none of these.
class no_proxy {
 public:
  explicit no_proxy(std::vector<std::string> const& rules);

  [[nodiscard]] bool matches(origin const& to) const;

 private:
  struct name_rule {
    std::string suffix;  // with its dot
    bool below_only = false;
    std::optional<std::uint16_t> port;
  };
  struct address_rule {
    boost::asio::ip::address address;
    std::optional<std::uint16_t> port;
  };

  void add(std::string const& rule);

  bool all_ = false;
  std::vector<name_rule> names_;
  std::vector<address_rule> addresses_;
  std::vector<boost::asio::ip::network_v4> blocks_v4_;
  std::vector<boost::asio::ip::network_v6> blocks_v6_;
};

}  // namespace connector::http
