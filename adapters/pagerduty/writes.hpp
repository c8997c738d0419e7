#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "adapters/pagerduty/client.hpp"
#include "adapters/pagerduty/reads.hpp"
#include "adapters/pagerduty/settings.hpp"

namespace adapters::pagerduty {

/// The port's writes.
///
/// Several incidents are changed by one call, which PagerDuty does for all or for none; if it does
/// it for none, each is sent by itself, so that one's refusal is its own. Creates go out one after
/// the other, since their limit is tight. Once a call is refused for the rate, the rest is not sent
/// and refused the same way.
class writer {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  using receipts = std::vector<core::result<adapter::receipt>>;

  writer(client& by, reader& reads, settings const& with)
      : client_{by}, reader_{reads}, settings_{with} {}

  awaitable<receipts> update_all(std::vector<adapter::update> updates, adapter::wants needs);
  awaitable<receipts> comment_all(std::vector<adapter::new_comment> comments, adapter::wants needs);
  awaitable<receipts> create_all(std::vector<adapter::creation> creations, adapter::wants needs);

  using lost_edits = std::vector<std::vector<adapter::lost_edit>>;
  /// What updates whose answer was lost replaced, as far as the log shows it by now.
  awaitable<core::result<lost_edits>> replaced_by(std::vector<adapter::update> updates);

  /// PagerDuty takes 250 and shows 100 in its answer.
  static constexpr std::size_t updates_at_once = 100;
  /// Of the log, after a write: five pages.
  static constexpr std::size_t entries_after_write_max = 500;

 private:
  using outcome = core::result<adapter::receipt>;

  awaitable<outcome> update_one(adapter::update what, adapter::wants needs);
  /// `begun`: a part of it has taken effect, whatever comes back.
  awaitable<outcome> put_in_parts(
      std::string id, ordered order, std::vector<std::string> fields, bool& begun
  );
  /// What it means that a later part failed with `why`. If that is for good, what is stored says
  /// more: the fields refused are not there, and the caller compares. Else the outcome is open.
  awaitable<outcome> stopped_in_part(
      std::string id, std::vector<std::string> fields, core::error why
  );
  awaitable<outcome> put(std::string id, json::object members, std::vector<std::string> fields);
  awaitable<core::result<json::array>> put_custom(std::string id, json::array values);
  awaitable<core::result<std::vector<outcome>>> put_many(
      std::vector<adapter::update> all, adapter::wants needs
  );
  /// Adds to the receipts which edits of others these updates replaced.
  awaitable<void> name_replaced_edits(
      std::vector<adapter::update> const& updates,
      std::vector<std::optional<core::time_point>> shown_before,
      receipts& done
  );
  /// `seen`: when each was last shown before it was changed; none: nothing is asked of it. One list
  /// of the log for all of them.
  awaitable<core::result<lost_edits>> replaced_since(
      std::vector<adapter::update> const& updates, std::vector<std::optional<core::time_point>> seen
  );
  awaitable<outcome> create_one(adapter::creation what, adapter::wants needs);
  awaitable<outcome> post_note(adapter::new_comment what);
  awaitable<outcome> post_status_update(adapter::new_comment what);

  client& client_;
  reader& reader_;
  settings const& settings_;
};

}  // namespace adapters::pagerduty
