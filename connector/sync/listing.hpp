#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <vector>

#include "connector/adapter/adapter.hpp"

namespace connector::sync {

/// One pass over what changed in a connection, taken in portions. Where a system says how many rows
/// are left, the time still to be listed is cut into slices that are listed side by side: pages
/// then do not wait for each other. How it is cut is only a guess at where the rows are; every
/// slice is listed to its end, so a wrong guess costs a call and loses nothing.
class listing {
 public:
  /// `system` outlives the listing. `at_once`: most pages asked for at a time. `now` only helps to
  /// guess.
  listing(
      adapter::system& system,
      adapter::change_query first,
      std::size_t at_once,
      core::time_point now
  );

  /// About `rows_wanted` more rows, in no particular order, perhaps some twice. After an error the
  /// listing is of no more use.
  boost::asio::awaitable<core::result<std::vector<adapter::object>>> next(std::size_t rows_wanted);

  [[nodiscard]] bool done() const { return slices_.empty(); }

  /// Every row with an earlier stamp has been given out. Meaningless once `done`.
  [[nodiscard]] core::time_point complete_before() const { return slices_.front().from; }

 private:
  /// What is left of a slice after one of its pages, perhaps cut into several.
  void put_back(adapter::change_query slice, adapter::change_page const& page);
  /// How much time may hold a page's worth of rows.
  [[nodiscard]] core::ticks width_of_a_page(
      adapter::change_query const& slice, adapter::change_page const& page, std::size_t pages_left
  ) const;

  adapter::system& system_;
  std::size_t at_once_;
  core::time_point now_;
  std::deque<adapter::change_query> slices_;  ///< in the order of time, without gaps
};

}  // namespace connector::sync
