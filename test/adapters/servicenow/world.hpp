#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/servicenow/adapter.hpp"
#include "connector/adapter/adapter.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/random.hpp"
#include "connector/http/message.hpp"

namespace servicenow_test {

namespace adapter = connector::adapter;
namespace async = connector::async;
namespace core = connector::core;
namespace http = connector::http;
namespace servicenow = adapters::servicenow;

/// Stands still until a test moves it.
class still_clock final : public async::clock {
 public:
  core::time_point now() const override { return wall; }
  steady_point steady_now() const override { return steady; }
  boost::asio::awaitable<bool> wait_until(steady_point) override {
    throw std::logic_error{"an adapter never sleeps"};
  }

  core::time_point wall = *core::parse_time("2026-03-01 12:00:00");
  steady_point steady{std::chrono::hours{1}};
};

/// Answers calls from a script, in order, and keeps what was called. A call without an answer left
/// is a failure of the test.
class scripted_transport final : public http::transport {
 public:
  boost::asio::awaitable<core::result<http::response>> send(http::request call) override;

  void will_answer(int status, std::string body, std::vector<http::header> headers = {});
  void will_answer(http::response answer) { script.emplace_back(std::move(answer)); }
  void will_fail(core::error e) { script.emplace_back(std::move(e)); }

  std::deque<core::result<http::response>> script;
  std::vector<http::request> calls;
  std::size_t under_way = 0;
  std::size_t at_once_max = 0;  ///< most calls that were under way at a time
};

/// Calls work and returns its result; what it throws comes out.
template <class T>
T run(boost::asio::awaitable<T> work) {
  boost::asio::io_context loop;
  std::optional<T> result;
  std::exception_ptr failure;
  auto take = [&](std::exception_ptr e, std::optional<T> value) {
    failure = e;
    result = std::move(value);
  };
  auto wrapped = [&]() -> boost::asio::awaitable<std::optional<T>> {
    co_return std::optional<T>{co_await std::move(work)};
  };
  boost::asio::co_spawn(loop, wrapped(), take);
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

/// "POST", "/api/now/table/incident" and the parameters of one call.
std::string path_of(http::request const& call);
std::string parameter(http::request const& call, std::string_view name);
std::string query_of(http::request const& call);
boost::json::value body_of(http::request const& call);
std::string header_of(http::request const& call, std::string_view name);

/// A record as the Table API shows it, with the columns that every read asks for.
boost::json::object ticket(
    std::string id, std::string updated, int version, boost::json::object more = {}
);
std::string result_of(boost::json::value what);
/// An error body of the API.
std::string refusal(std::string message, std::string detail);

inline std::string const id_a = "0123456789abcdef0123456789abcdea";
inline std::string const id_b = "0123456789abcdef0123456789abcdeb";
inline std::string const id_c = "0123456789abcdef0123456789abcdec";

/// One connection on a scripted transport.
struct world {
  explicit world(std::function<void(servicenow::settings&)> change = {});

  scripted_transport transport;
  still_clock clock;
  std::unique_ptr<async::random> random = async::make_seeded_random(1);
  std::unique_ptr<adapter::system> system;
};

servicenow::settings basic_settings();

adapter::wants wanting(std::vector<std::string> fields, bool comments = false);

}  // namespace servicenow_test
