#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/async/tasks.hpp"
#include "connector/sync/backfill.hpp"
#include "connector/sync/operate.hpp"
#include "connector/sync/reconcile.hpp"

namespace connector::sync {

struct engine_settings {
  std::chrono::seconds lookback{3600};  ///< how far back the very first poll goes
  std::size_t batch_rows_max = 1600;    ///< most links worked on together
  /// Every linked pair is compared once in this time, whatever polls saw; zero: never.
  std::chrono::seconds sweep_every{24 * 3600};
};

/// How one connection is doing, for /readyz, metrics and people.
struct connection_health {
  core::time_point last_good{};  ///< end of the last complete pass
  std::string trouble;           ///< empty: none
  bool ever_good = false;
};

/// Watches all connections and keeps their links in step. One instance per store. Loop thread only.
class engine {
 public:
  engine(
      engine_settings settings,
      std::vector<std::unique_ptr<connection>> connections,
      std::vector<route> routes,
      reconciler::surroundings with
  );
  ~engine();

  /// Watches until cancelled, then throws operation_aborted. Trouble, that of the store included,
  /// is told in `health` and tried again: nothing is sent while it lasts.
  boost::asio::awaitable<void> run();

  /// Polls, delivers and reconciles until nothing is left that can be done within `patience`.
  /// Returns the first connection's trouble, if any.
  boost::asio::awaitable<core::result<void>> run_once(std::chrono::seconds patience);

  /// Compares every linked pair now: the sweep, all at once.
  boost::asio::awaitable<core::result<void>> sweep();

  /// Takes new maps for the routes of these names, between two batches, and looks again at what was
  /// parked under the old ones.
  boost::asio::awaitable<core::result<void>> replace_maps(
      std::map<std::string, std::shared_ptr<mapping::field_map const>> maps
  );

  /// Looks at everything now instead of at the next interval.
  void hurry();

  /// Something may have changed there: the connection's next poll comes at once. Bursts become one
  /// poll, and no poll comes while the connection asked to be left alone. Unknown names are
  /// ignored.
  void wake(std::string const& connection);

  /// Holds what `what` names on the route of this name, and lets go of all else, between two
  /// batches. Changes parked by a hold that ends are looked at again.
  boost::asio::awaitable<core::result<void>> hold(std::string route, holds what);

  /// Carries out what a person ordered for one link, between two batches. errc::not_found if there
  /// is no such link, errc::rejected if there is nothing to carry out.
  boost::asio::awaitable<core::result<void>> carry_out(order what, std::string link_id);
  /// Puts existing incidents down to be opened, as the request says, and returns when the last one
  /// is on record; `work_off_due` then opens them behind everything else. Goes on from where
  /// `so_far` says, which is on record with every page, and waits while its connection is in
  /// trouble. Fails for an unknown route and if the store does; a dry run fails for trouble too.
  boost::asio::awaitable<core::result<void>> backfill(backfill_state& so_far);

  /// What the record knows of the route's last backfill; none: there was none.
  boost::asio::awaitable<core::result<std::optional<backfill_state>>> last_backfill(
      std::string route
  );

  /// For a process that does nothing else: works off what is due until no link of a backfill waits.
  boost::asio::awaitable<core::result<void>> work_off_backlog();

  /// Links of a backfill are due, or will be once it is known what became of their creates.
  boost::asio::awaitable<core::result<bool>> backlog_waits();

  [[nodiscard]] sync::counters const& counters() const { return with_.counters; }
  [[nodiscard]] std::map<std::string, connection_health> const& health() const { return health_; }
  [[nodiscard]] std::vector<route> const& routes() const { return routes_; }
  [[nodiscard]] std::vector<std::unique_ptr<connection>> const& connections() const {
    return connections_;
  }

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  awaitable<core::result<void>> pass(connection& c);
  awaitable<core::result<void>> deliver(connection& c, std::vector<adapter::object> rows);
  awaitable<core::result<void>> deliver_incidents(
      route const& r, std::vector<adapter::object>& rows
  );
  awaitable<core::result<void>> deliver_tickets(route const& r, std::vector<adapter::object>& rows);
  store::link new_link(route const& r, adapter::object const& row) const;
  /// Puts rows down for later; the count of links is in `so_far`, and with it on record.
  awaitable<core::result<void>> enlist(
      route const& r, std::vector<adapter::object> rows, backfill_state& so_far
  );
  /// How many links the budgets of both sides let a lane begin now.
  std::size_t room(route const& r, http::lane l) const;
  /// Leaves in `items` what the budgets carry within half a poll and whatever is urgent, and puts
  /// the rest down as due: the poll then goes on, and an urgent incident is not behind a storm.
  awaitable<core::result<void>> put_off(route const& r, std::vector<item>& items);
  /// Leaves in `items` the most urgent lane's alone, and of these what the budgets carry now.
  void keep_what_fits(route const& r, std::vector<item>& items);
  awaitable<core::result<std::size_t>> work_off_due();
  awaitable<void> watch(connection& c);
  awaitable<void> watch_due();
  awaitable<void> watch_sweep();
  /// Compares the next links of a route; true when that was the last of them.
  awaitable<core::result<bool>> sweep_portion(route const& r);
  adapter::wants wants_of(connection const& c) const;
  awaitable<core::result<void>> look_again_at_parked(std::string const& route);
  void note_pass(connection& c, core::result<void> const& outcome);
  bool is_closed(connection const& c) const;

  engine_settings settings_;
  async::clock& wall_;
  /// Horizons are waited out in wall time, since they outlive the process: a step of the machine's
  /// clock must not make them seem to be over.
  std::unique_ptr<async::clock> clock_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::vector<route> routes_;
  std::map<std::string, std::unique_ptr<async::gate>> gates_;  ///< one batch at a time per route
  reconciler::surroundings with_;
  std::unique_ptr<reconciler> reconciler_;
  std::map<std::string, connection_health> health_;
  std::map<std::string, async::signal> hurry_;
  std::map<std::string, std::optional<async::clock::steady_point>> last_full_pass_;
  async::signal due_changed_;
  bool backlog_due_ = false;  ///< at the last look
};

}  // namespace connector::sync
