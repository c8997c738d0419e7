#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <memory>
#include <optional>
#include <string>

#include "connector/async/clock.hpp"
#include "connector/command/command.hpp"
#include "connector/config/settings.hpp"
#include "connector/http/message.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/operate.hpp"

namespace connector::command {

/// Runs one coroutine to its end.
template <class T>
core::result<T> run_to_end(
    boost::asio::io_context& loop, boost::asio::awaitable<core::result<T>> work
) {
  core::result<T> out{core::error{core::errc::cancelled, "ended early"}};
  std::exception_ptr bug;
  auto ended = [&](std::exception_ptr failure, core::result<T> result) {
    bug = failure;
    out = std::move(result);
    loop.stop();
  };
  boost::asio::co_spawn(loop, std::move(work), ended);
  loop.restart();
  loop.run();
  if (bug) std::rethrow_exception(bug);
  return out;
}

/// A journal line from what read_journal made of it.
store::journal_entry line_of(core::value shown);

/// What commands beside the service ask of a store. A running service holds its store for itself;
/// then it is asked over HTTP instead, with the same answers.
class inquiry {
 public:
  /// None after printing why not: the configuration is unusable.
  static std::optional<inquiry> begin(std::string const& config_path, surroundings with);

  [[nodiscard]] config::settings const& settings() const { return settings_; }

  /// By id.
  core::result<boost::json::array> links(store::link_filter const& filter);
  /// Up to links_page_rows of them, those after the id `after`; the last page is empty.
  core::result<boost::json::array> links_after(
      store::link_filter const& filter, std::string const& after
  );
  /// See sync::explain; one for each link that `which` names. Needs the maps of the configuration.
  core::result<boost::json::array> explain(std::string const& which, std::string const& field);
  /// One link's journal, oldest line first; of a very long one, its newest lines.
  core::result<std::vector<store::journal_entry>> history_of(std::string const& link);
  core::result<void> carry_out(sync::order const& what, std::string const& link_id);

 private:
  inquiry(config::settings settings, surroundings with)
      : settings_{std::move(settings)}, with_{with} {}

  /// Errors: what opening the store says. With neither store nor service there is nothing to ask.
  core::result<store::store*> open(bool to_write);
  core::result<std::string> ask(std::string const& method, std::string const& path);
  core::result<boost::json::array> ask_for_list(std::string const& path);

  config::settings settings_;
  surroundings with_;
  std::unique_ptr<boost::asio::io_context> loop_ = std::make_unique<boost::asio::io_context>(1);
  std::unique_ptr<async::clock> clock_ = async::make_system_clock();
  std::unique_ptr<store::store> store_;
  bool writable_ = false;
  core::error refusal_;  ///< why the store could not be opened
};

}  // namespace connector::command
