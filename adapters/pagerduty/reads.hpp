#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "adapters/pagerduty/client.hpp"
#include "adapters/pagerduty/feed.hpp"
#include "adapters/pagerduty/settings.hpp"
#include "connector/async/clock.hpp"

namespace adapters::pagerduty {

/// The port's reads.
class reader {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  using objects = core::result<std::vector<adapter::object>>;

  reader(client& by, settings const& with, async::clock& clock)
      : client_{by}, settings_{with}, clock_{clock} {}

  awaitable<core::result<adapter::change_page>> changes(adapter::change_query asked);
  /// Rows know what the log says of them. Notes are fetched for those that somebody has annotated;
  /// for the others `comments` stays empty, since there is nothing new.
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

  /// When the server answered with what it holds of an incident, to a read by id or to a write.
  void note_shown(std::string const& id, core::time_point at);
  /// The last time of that; none if it was long ago.
  [[nodiscard]] std::optional<core::time_point> shown_at(std::string const& id) const;

  /// Id of the user that `from` names; empty if that cannot be learnt.
  awaitable<std::string> own_user();

  /// The log since then, as far as `entries_max` reach.
  awaitable<core::result<std::vector<json::object>>> log_since(
      core::time_point since, std::size_t entries_max
  );

 private:
  struct gathered {
    std::size_t behind = 0;      ///< entries after the window, roughly
    core::time_point read_at{};  ///< the server's clock
  };
  /// Reads the window ahead, narrowing it until it is small enough for one page.
  awaitable<core::result<gathered>> gather(walk& at, gathering& into);
  /// Asks once who `from` is, so that the log's entries about our own writes can be told from those
  /// of people. If that is refused, every write of ours is looked at once more. An error if it has
  /// to be asked again.
  awaitable<core::result<void>> learn_own_user();
  /// A page may end between a note and a later entry of its incident, whose row then comes from a
  /// part of the log without the note: what was annotated is remembered for an hour. A process that
  /// dies in between begins again before both.
  void remember_notes(std::map<std::string, mention>& found);
  awaitable<core::result<std::vector<adapter::keyed_object>>> find_one(
      std::string key, adapter::wants needs
  );

  client& client_;
  settings const& settings_;
  async::clock& clock_;
  bool asked_own_user_ = false;
  std::string own_user_;
  std::map<std::string, core::time_point> annotated_;  ///< by incident: when that was seen
  std::map<std::string, core::time_point> shown_;      ///< by incident; see `note_shown`
  core::time_point forgotten_{};                       ///< when old ones were last left out of it
};

/// Whether custom fields are among `fields`.
bool wants_custom(std::vector<std::string> const& fields);

}  // namespace adapters::pagerduty
