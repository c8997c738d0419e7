#include "connector/store/sqlite.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <sqlite3.h>
#include <type_traits>
#include <utility>

#include "connector/store/sqlite_schema.hpp"
#include "connector/store/sqlite_tables.hpp"

namespace connector::store {
namespace {

namespace asio = boost::asio;

/// Most commits that share one transaction.
constexpr std::size_t commits_together_max = 256;
/// Most journal entries dropped before other calls get their turn.
constexpr std::size_t trim_at_once = 5000;

/// Every call runs on one worker thread, in the order made. The loop's thread touches nothing but
/// the pool.
class sqlite_store final : public store {
 public:
  explicit sqlite_store(sqlite::tables opened) : tables_{std::move(opened)} {}
  ~sqlite_store() override { worker_.join(); }

  awaitable<core::result<void>> commit(changes all) override {
    if (all.empty()) co_return core::result<void>{};
    auto body = [this, all = std::move(all)]() -> awaitable<core::result<void>> {
      pending mine{&all, false, {}};
      waiting_.push_back(&mine);
      // Going to the end of the line lets the commits already in it join.
      co_await asio::post(asio::use_awaitable);
      if (!mine.settled) write_waiting();
      co_return mine.outcome;
    };
    auto work = on_worker(std::move(body));
    co_return co_await std::move(work);
  }

  awaitable<core::result<std::vector<link>>> links(std::vector<std::string> ids) override {
    return read([ids = std::move(ids)](sqlite::tables& in) { return in.links(ids); });
  }

  awaitable<core::result<std::vector<link>>> links_by_incident(
      std::string connection, std::vector<std::string> incident_ids
  ) override {
    return read([connection = std::move(connection),
                 ids = std::move(incident_ids)](sqlite::tables& in) {
      return in.links_by_incident(connection, ids);
    });
  }

  awaitable<core::result<std::vector<link>>> links_by_ticket(
      std::string connection, std::vector<std::string> ticket_ids
  ) override {
    return read([connection = std::move(connection), ids = std::move(ticket_ids)](sqlite::tables& in
                ) mutable { return in.links_by_ticket(connection, ids); });
  }

  awaitable<core::result<std::vector<link>>> links_due(core::time_point now, std::size_t rows_max)
      override {
    return read([=](sqlite::tables& in) { return in.links_due(now, rows_max); });
  }

  awaitable<core::result<std::optional<core::time_point>>> next_due() override {
    return read([](sqlite::tables& in) { return in.next_due(); });
  }

  awaitable<core::result<std::vector<link>>> list_links(
      link_filter filter, std::string after_id, std::size_t rows_max
  ) override {
    return read([filter = std::move(filter), after_id = std::move(after_id), rows_max](
                    sqlite::tables& in
                ) { return in.list_links(filter, after_id, rows_max); });
  }

  awaitable<core::result<std::vector<comment_entry>>> comments(std::vector<std::string> link_ids
  ) override {
    return read([ids = std::move(link_ids)](sqlite::tables& in) { return in.comments(ids); });
  }

  awaitable<core::result<std::optional<cursor>>> read_cursor(std::string name) override {
    return read([name = std::move(name)](sqlite::tables& in) { return in.read_cursor(name); });
  }

  awaitable<core::result<std::optional<std::string>>> setting(std::string name) override {
    return read([name = std::move(name)](sqlite::tables& in) { return in.setting(name); });
  }

  awaitable<core::result<std::vector<journal_entry>>> journal(
      std::string link, std::int64_t before_seq, std::size_t rows_max
  ) override {
    return read([link = std::move(link), before_seq, rows_max](sqlite::tables& in) {
      return in.journal(link, before_seq, rows_max);
    });
  }

  awaitable<core::result<std::vector<journal_entry>>> journal_after(
      std::int64_t seq, std::size_t rows_max
  ) override {
    return read([=](sqlite::tables& in) { return in.journal_after(seq, rows_max); });
  }

  awaitable<core::result<std::size_t>> trim_journal(core::time_point before, std::size_t rows_max)
      override {
    auto body = [this, before, rows_max]() -> awaitable<core::result<std::size_t>> {
      std::size_t dropped = 0;
      while (true) {
        write_waiting();
        auto const some = tables_.trim_journal(before, rows_max, trim_at_once);
        if (!some) co_return some.error();
        dropped += *some;
        if (*some < trim_at_once) co_return dropped;
        co_await asio::post(asio::use_awaitable);
      }
    };
    auto work = on_worker(std::move(body));
    co_return co_await std::move(work);
  }

  awaitable<core::result<counts>> count() override {
    return read([](sqlite::tables& in) { return in.count(); });
  }

 private:
  struct pending {
    changes const* all;
    bool settled = false;
    core::result<void> outcome;
  };

  /// Starts a coroutine on the worker. The empty slot keeps cancelling away from it: the caller
  /// always learns how a call ended that has begun.
  template <class Body>
  std::invoke_result_t<Body> on_worker(Body body) {
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable);
    return asio::co_spawn(worker_, std::move(body), std::move(token));
  }

  template <class Question>
  auto read(Question question) -> awaitable<std::invoke_result_t<Question&, sqlite::tables&>> {
    using answer = std::invoke_result_t<Question&, sqlite::tables&>;
    auto body = [this, question = std::move(question)]() mutable -> awaitable<answer> {
      write_waiting();
      co_return question(tables_);
    };
    auto work = on_worker(std::move(body));
    co_return co_await std::move(work);
  }

  /// Worker thread only: writes what waits, in order, so that whoever reads next sees it.
  void write_waiting() {
    while (!waiting_.empty()) {
      auto const some = std::min(waiting_.size(), commits_together_max);
      std::vector<pending*> group(waiting_.begin(), waiting_.begin() + static_cast<long>(some));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<long>(some));
      write_group(group);
    }
  }

  void write_group(std::vector<pending*> const& group) {
    auto const settle = [](pending& one, core::result<void> outcome) {
      one.outcome = std::move(outcome);
      one.settled = true;
    };
    try {
      std::vector<changes const*> together;
      for (auto const* one : group) together.push_back(one->all);
      auto const done = tables_.write(together);
      // One commit's fault is not the others': after a failure each gets its own transaction.
      auto const shared = done || group.size() == 1;
      for (auto* one : group) settle(*one, shared ? done : tables_.write({one->all}));
    } catch (std::exception const& e) {
      // Out of memory, most likely. Each caller waits for an answer of its own.
      core::error const what{core::errc::storage, std::string{"a commit failed: "} + e.what()};
      for (auto* one : group) {
        if (!one->settled) settle(*one, what);
      }
    }
  }

  sqlite::tables tables_;
  std::vector<pending*> waiting_;
  asio::thread_pool worker_{1};
};

}  // namespace

core::result<std::unique_ptr<store>> open_sqlite(sqlite_settings settings) {
  auto opened = sqlite::open_database(settings, sqlite::migrations());
  if (!opened) return opened.error();
  sqlite::tables ready{std::move(*opened)};
  if (auto loaded = ready.load(); !loaded) return loaded.error();
  return std::unique_ptr<store>{std::make_unique<sqlite_store>(std::move(ready))};
}

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace connector::store
