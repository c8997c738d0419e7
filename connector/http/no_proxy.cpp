#include "connector/http/no_proxy.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "connector/http/text.hpp"

namespace connector::http {
namespace ip = boost::asio::ip;
using boost::system::error_code;

namespace {

std::optional<std::uint16_t> to_port(std::string_view text) {
  std::uint16_t port = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<ip::address> parse_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  error_code ec;
  auto const address = ip::make_address(std::string{text}, ec);
  if (ec) return std::nullopt;
  return address;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

template <class Network, class Address>
bool holds(std::vector<Network> const& blocks, Address const& address) {
  return std::any_of(blocks.begin(), blocks.end(), [&](Network const& block) {
    return Network{address, block.prefix_length()}.canonical() == block;
  });
}

}  // namespace

no_proxy::no_proxy(std::vector<std::string> const& rules) {
  for (auto const& rule : rules) {
    auto const text = lower(trim(rule));
    if (!text.empty()) add(text);
  }
}

void no_proxy::add(std::string const& rule) {
  auto const bad = std::runtime_error{
      "proxy exception \"" + rule +
      "\": neither a host, a .domain, an address, a block such as "
      "10.0.0.0/8, nor *"};
  if (rule == "*") {
    all_ = true;
    return;
  }
  if (rule.find('/') != rule.npos) {
    error_code ec;
    if (auto const four = ip::make_network_v4(rule, ec); !ec) {
      blocks_v4_.push_back(four.canonical());
      return;
    }
    if (auto const six = ip::make_network_v6(rule, ec); !ec) {
      blocks_v6_.push_back(six.canonical());
      return;
    }
    throw bad;
  }
  if (auto const address = parse_address(rule)) {
    addresses_.push_back({*address, std::nullopt});
    return;
  }
  std::string_view name = rule;
  std::optional<std::uint16_t> port;
  if (auto const colon = rule.rfind(':'); colon != rule.npos) {
    port = to_port(name.substr(colon + 1));
    name = name.substr(0, colon);
    if (!port) throw bad;
  }
  if (auto const address = parse_address(name)) {
    addresses_.push_back({*address, port});
    return;
  }
  if (name.substr(0, 2) == "*.") name.remove_prefix(1);
  bool const below_only = !name.empty() && name.front() == '.';
  if (below_only) name.remove_prefix(1);
  if (!is_name(name)) throw bad;
  names_.push_back({"." + std::string{name}, below_only, port});
}

bool no_proxy::matches(origin const& to) const {
  if (all_) return true;
  auto fits = [&](std::optional<std::uint16_t> port) { return !port || *port == to.port; };
  if (auto const address = parse_address(to.host)) {
    if (address->is_v4() ? holds(blocks_v4_, address->to_v4())
                         : holds(blocks_v6_, address->to_v6())) {
      return true;
    }
    return std::any_of(addresses_.begin(), addresses_.end(), [&](auto const& rule) {
      return rule.address == *address && fits(rule.port);
    });
  }
  return std::any_of(names_.begin(), names_.end(), [&](auto const& rule) {
    auto const exact = !rule.below_only && to.host == std::string_view{rule.suffix}.substr(1);
    return fits(rule.port) && (exact || ends_with(to.host, rule.suffix));
  });
}

}  // namespace connector::http
