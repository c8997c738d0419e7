#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <vector>

#include "adapters/servicenow/client.hpp"

namespace adapters::servicenow {

/// Answers questions about the instance's own data: people, groups, any table. Questions of the
/// same kind go out together. Answers that found exactly one entry are kept for a few minutes.
///
/// A person asked for by anything but the id has to be active: an address or a name may have been
/// that of somebody who left, while an id names one entry for ever.
class directory {
 public:
  directory(client& by, async::clock& clock, std::size_t calls_at_once);

  boost::asio::awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  );

  static constexpr auto kept_for = std::chrono::minutes{5};

 private:
  struct kept {
    core::value found;
    async::clock::steady_point until{};
  };
  /// Questions that one query can answer.
  struct bundle {
    std::string table;
    std::string by;
    std::vector<std::string> keys;
    std::vector<std::string> wants;
    std::size_t key_bytes = 0;  ///< as encoded in a URL
  };

  [[nodiscard]] core::value const* remembered(adapter::question const& asked) const;
  boost::asio::awaitable<core::result<std::vector<row>>> fetch(bundle asked);

  client& client_;
  async::clock& clock_;
  std::size_t calls_at_once_;
  std::map<adapter::question, kept> cache_;
};

/// The table behind a kind ("user", "group") and the column behind an attribute ("id", "email").
std::string table_of(std::string_view kind);
std::string column_of(std::string_view attribute);

/// Answers one question from rows that hold at least its entries: text is compared without regard
/// to ASCII case, as most instances' databases do.
adapter::answer answer_from(std::vector<row> const& rows, adapter::question const& asked);

}  // namespace adapters::servicenow
