#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "connector/http/server.hpp"
#include "connector/sync/engine.hpp"

namespace connector::command {

/// Takes webhooks: POST /hooks/<connection>. One that its system vouches for brings that
/// connection's next poll forward, and nothing more: its content is never used, so that a forged, a
/// repeated or a lost one costs nothing. Loop thread only; the engine outlives it.
class hooks {
 public:
  /// `repeated` ones came before: answered like the first time, and no poll for them.
  struct count {
    std::uint64_t accepted = 0, refused = 0, repeated = 0;
  };

  explicit hooks(sync::engine& wakes);

  static bool is_hook(http::request const& request);
  http::reply take(http::request request);

  /// Everything but webhooks is not found here: for an address of their own.
  boost::asio::awaitable<http::reply> answer(http::request request);

  /// By connection, those without a call included.
  [[nodiscard]] std::map<std::string, count> const& counts() const { return counts_; }

 private:
  sync::engine& engine_;
  std::map<std::string, count> counts_;
};

/// More than any vendor's webhook has.
inline constexpr std::size_t hook_bytes_max = 1u << 20;

}  // namespace connector::command
