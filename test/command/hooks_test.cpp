#include "connector/command/hooks.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "test/sync/world.hpp"

/// Webhooks bring a poll forward and do nothing else.
namespace connector::command {
namespace {

using sync::world;
using call = world::call;

http::request hook(std::string url, std::string body = "{}", std::string signature = "good") {
  http::request r;
  r.method = "POST";
  r.url = std::move(url);
  r.headers.push_back({"X-Signature", std::move(signature)});
  r.body = std::move(body);
  return r;
}

core::result<void> by_signature(adapter::hook_call const& posted) {
  for (auto const& [name, value] : posted.headers) {
    if (name == "x-signature" && value == "good") return {};
  }
  return core::error{core::errc::rejected, "not signed by us"};
}

TEST(Hooks, AreTakenWhereTheSystemVouchesForThem) {
  world w;
  w.tickets->vouches = by_signature;
  hooks taken{*w.sync_engine};

  EXPECT_EQ(taken.take(hook("/hooks/desk")).status, 202);
  EXPECT_EQ(taken.take(hook("/hooks/desk?token=x")).status, 202);
  EXPECT_EQ(taken.counts().at("desk").accepted, 2u);
  EXPECT_EQ(taken.counts().at("defender").accepted, 0u);
}

TEST(Hooks, ForgedOnesAreRefusedWithoutAWordWhy) {
  world w;
  w.tickets->vouches = by_signature;
  hooks taken{*w.sync_engine};

  auto const answer = taken.take(hook("/hooks/desk", "{}", "forged"));

  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body, "refused\n");
  EXPECT_EQ(taken.counts().at("desk").refused, 1u);
}

TEST(Hooks, ARepeatedOneIsToldThatItArrived) {
  world w;
  w.tickets->vouches = [](adapter::hook_call const&) -> core::result<void> {
    return core::error{core::errc::conflict, "came before"};
  };
  hooks taken{*w.sync_engine};

  EXPECT_EQ(taken.take(hook("/hooks/desk")).status, 202)
      << "else its sender would repeat it, or stop sending";
  EXPECT_EQ(taken.counts().at("desk").accepted, 0u) << "and nobody is woken";
  EXPECT_EQ(taken.counts().at("desk").repeated, 1u);
}

TEST(Hooks, ASystemWithoutWebhooksRefusesAll) {
  world w;
  hooks taken{*w.sync_engine};
  EXPECT_EQ(taken.take(hook("/hooks/desk")).status, 403);
}

TEST(Hooks, OfUnknownConnectionsOtherMethodsAndTooLargeAreTurnedAway) {
  world w;
  w.tickets->vouches = by_signature;
  hooks taken{*w.sync_engine};

  EXPECT_EQ(taken.take(hook("/hooks/nobody")).status, 404);
  EXPECT_EQ(taken.take(hook("/hooks/")).status, 404);
  EXPECT_EQ(taken.take(hook("/hooks/%zz")).status, 404);
  auto get = hook("/hooks/desk");
  get.method = "GET";
  EXPECT_EQ(taken.take(get).status, 405);
  EXPECT_EQ(taken.take(hook("/hooks/desk", std::string(hook_bytes_max + 1, 'x'))).status, 413);
  EXPECT_EQ(taken.counts().at("desk").accepted, 0u);
}

/// Runs the service's loop with `meanwhile` at work beside it.
void run_beside(world& w, boost::asio::awaitable<void> meanwhile) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto both = [&](boost::asio::awaitable<void> other) -> boost::asio::awaitable<bool> {
    co_await (w.sync_engine->run() || std::move(other));
    co_return true;
  };
  support::run(w.loop, w.clock, both(std::move(meanwhile)));
}

TEST(Hooks, AForgedOneCostsTheSystemNoCallAndAGoodOneBringsThePollForward) {
  world w;
  w.tickets->vouches = by_signature;
  hooks taken{*w.sync_engine};
  auto work = [&]() -> boost::asio::awaitable<void> {
    co_await w.clock.sleep_for(std::chrono::seconds{10});
    auto const before = w.tickets->calls[call::changes];
    taken.take(hook("/hooks/desk", "{}", "forged"));
    co_await w.clock.sleep_for(std::chrono::seconds{2});
    EXPECT_EQ(w.tickets->calls[call::changes], before);
    taken.take(hook("/hooks/desk"));
    co_await w.clock.sleep_for(std::chrono::seconds{2});
    EXPECT_EQ(w.tickets->calls[call::changes], before + 1);
  };
  run_beside(w, work());
}

}  // namespace
}  // namespace connector::command
