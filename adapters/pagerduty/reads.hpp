#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "adapters/pagerduty/client.hpp"
#include "adapters/pagerduty/feed.hpp"
#include "adapters/pagerduty/notes.hpp"
#include "adapters/pagerduty/settings.hpp"
#include "connector/async/clock.hpp"

namespace adapters::pagerduty {

/// The port's reads.
class reader {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  using objects = core::result<std::vector<adapter::object>>;

  reader(client& by, note_reader& notes, settings const& with, async::clock& clock)
      : client_{by}, notes_{notes}, settings_{with}, clock_{clock} {}

  awaitable<core::result<adapter::change_page>> changes(adapter::change_query asked);
  awaitable<objects> complete(std::vector<adapter::object> rows, adapter::wants needs);
  awaitable<objects> read(std::vector<std::string> ids, adapter::wants needs);
  awaitable<core::result<std::vector<adapter::keyed_object>>> find(
      std::vector<std::string> keys, adapter::wants needs
  );

  /// One incident by its id, without notes; gone if it is not there. `details` only if asked for
  /// `with_details`: they never change.
  awaitable<core::result<adapter::object>> read_one(
      std::string id, std::vector<std::string> fields, bool with_details = false
  );

 private:
  struct gathered {
    std::size_t behind = 0;      ///< entries after the window, roughly
    core::time_point read_at{};  ///< the server's clock
  };
  /// Reads the window ahead, narrowing it until it is small enough for one page.
  awaitable<core::result<gathered>> gather(walk& at, gathering& into);
  /// Asks once who `from` is, so that the log's entries about our own writes can be told from those
  /// of people. Without an answer every write of ours is looked at once more.
  awaitable<void> learn_own_user();
  /// What the log says of our own writes alone is no news.
  static void lower_echo(adapter::object& row, mention const& seen);
  /// Calls a row newer than its own stamp, if the log is, so that it is looked at.
  void raise(adapter::object& row, std::int64_t version, std::int64_t entries);
  awaitable<core::result<std::vector<adapter::keyed_object>>> find_one(
      std::string key, adapter::wants needs
  );

  client& client_;
  note_reader& notes_;
  settings const& settings_;
  async::clock& clock_;
  bool asked_own_user_ = false;
  std::string own_user_;
  /// Versions of rows as they were before they were raised.
  std::map<std::string, std::int64_t> raised_;
};

/// Whether custom fields are among `fields`.
bool wants_custom(std::vector<std::string> const& fields);

}  // namespace adapters::pagerduty
