#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/defender/incidents.hpp"
#include "adapters/defender/settings.hpp"
#include "connector/adapter/adapter.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/random.hpp"
#include "connector/http/message.hpp"

namespace defender_test {

namespace adapter = connector::adapter;
namespace core = connector::core;
namespace http = connector::http;
namespace json = boost::json;
using core::errc;

template <class T>
using awaitable = boost::asio::awaitable<T>;

/// Drives one coroutine on a loop of its own.
template <class T>
T run(awaitable<T> work) {
  boost::asio::io_context loop;
  std::optional<T> out;
  std::exception_ptr failed;
  auto ended = [&](std::exception_ptr e, T value) {
    failed = e;
    if (!e) out.emplace(std::move(value));
  };
  boost::asio::co_spawn(loop, std::move(work), ended);
  loop.run();
  if (failed) std::rethrow_exception(failed);
  return std::move(out).value();
}

/// Stands still unless told otherwise.
class still_clock final : public connector::async::clock {
 public:
  core::time_point wall = *core::parse_time("2026-11-22T12:00:00Z");
  steady_point steady{std::chrono::hours{1}};

  void advance(std::chrono::seconds span) {
    wall += span;
    steady += span;
  }
  [[nodiscard]] core::time_point now() const override { return wall; }
  [[nodiscard]] steady_point steady_now() const override { return steady; }
  awaitable<bool> wait_until(steady_point) override {
    ADD_FAILURE() << "adapters never sleep";
    co_return true;
  }
};

using answer = core::result<http::response>;
using script_step = std::function<answer(http::request const&)>;

/// Answers calls in the order expected and complains about any other. Calls to the sign-in
/// addresses are answered by themselves unless `scripted_sign_in` is set.
class scripted_transport final : public http::transport {
 public:
  void then(script_step step) { steps_.push_back(std::move(step)); }
  void then(int status, std::string body, std::vector<http::header> headers = {});
  [[nodiscard]] std::size_t left() const { return steps_.size(); }

  awaitable<core::result<http::response>> send(http::request call) override;

  std::vector<http::request> calls;  ///< without the sign-ins answered by themselves
  std::vector<http::request> sign_ins;
  bool scripted_sign_in = false;
  std::string token = "token-1-canary";

 private:
  std::deque<script_step> steps_;
};

inline constexpr auto graph = "https://graph.microsoft.com/v1.0";
inline constexpr auto token_url =
    "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token";
inline constexpr auto secret_canary = "very~secret+canary";

http::response json_response(int status, std::string body, std::vector<http::header> headers = {});
http::response token_response(std::string const& token, std::string const& expires_in = "3599");
std::string header(http::request const& call, std::string_view name);
adapters::defender::settings usual_settings();

/// An incident as Graph writes it.
std::string incident(std::string const& id, std::string const& stamp, std::string const& more = "");
std::string list_of(std::vector<std::string> const& items, std::string const& more = "");

/// One connection with everything around it scripted.
struct world {
  explicit world(adapters::defender::settings chosen = usual_settings());
  ~world();

  adapter::change_page changes(adapter::change_query query);
  core::error failing_changes(adapter::change_query query);

  scripted_transport transport;
  still_clock clock;
  std::unique_ptr<connector::async::random> random = connector::async::make_seeded_random(7);
  std::unique_ptr<adapter::system> system;
};

inline core::time_point at(std::string_view stamp) { return core::parse_time(stamp).value(); }
inline core::value parsed(std::string_view text) { return json::parse(text); }
adapter::change_query since(std::string_view stamp);
std::vector<std::string> ids_of(std::vector<adapter::object> const& rows);
adapter::wants with_comments();
adapter::wants with_alerts();

}  // namespace defender_test
