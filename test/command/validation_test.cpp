#include "connector/command/validation.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>

#include "test/sync/world.hpp"

/// The running service compares its maps with the systems, and holds what it was told to hold.
namespace connector::command {
namespace {

using config::on_finding;
using sync::world;
using testing::HasSubstr;
using namespace std::chrono_literals;

adapter::description::field field(
    std::string name, std::optional<std::vector<std::string>> choices = {}
) {
  adapter::description::field one;
  one.name = std::move(name);
  one.type = "text";
  one.choices = std::move(choices);
  return one;
}

/// A desk that suits the plain map.
adapter::description desk() {
  using list = std::vector<std::string>;
  adapter::description d;
  d.fields = {
      field("subject"),
      field("state", list{"1", "2", "6", "7"}),
      field("urgency", list{"1", "2", "3"}),
      field("agent"),
      field("remark"),
      field("code")};
  return d;
}

void drop_choice(adapter::description& from, std::string_view name, std::string_view value) {
  for (auto& one : from.fields) {
    if (one.name == name) std::erase(*one.choices, value);
  }
}

struct watched : world {
  explicit watched(std::vector<config::finding_choice> choices = {}) {
    tickets->tells = desk();
    route.name = "main";
    route.from = "defender";
    route.to = "desk";
    route.validation.every = 1h;
    route.validation.choices = std::move(choices);
    make();
  }

  void make() {
    validation::surroundings const with{*sync_engine, *store, clock, log};
    route_programs programs{{"main", sync::program_of(sync::plain_map())}};
    std::vector<config::route> routes{route};
    compared = std::make_unique<validation>(std::move(routes), std::move(programs), with);
  }

  /// Lets it work for so long.
  void go_on(std::chrono::seconds span) {
    using namespace boost::asio::experimental::awaitable_operators;
    auto work = [&]() -> boost::asio::awaitable<bool> {
      co_await (compared->run() || clock.sleep_for(span));
      co_return true;
    };
    support::run(loop, clock, work());
  }

  validation::standing const& standing() const { return compared->standings().at("main"); }
  int count(std::string_view text) const {
    auto const all = lines.str();
    int n = 0;
    for (auto at = all.find(text); at != all.npos; at = all.find(text, at + 1)) ++n;
    return n;
  }

  config::route route;
  std::ostringstream lines;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines)};
  std::unique_ptr<validation> compared;
};

TEST(Validation, FindsAGoodMapGoodShortlyAfterTheStart) {
  watched w;
  EXPECT_FALSE(w.standing().checked);

  w.go_on(10s);

  EXPECT_TRUE(w.standing().checked);
  EXPECT_EQ(w.standing().errors, 0u);
  EXPECT_EQ(w.tickets->described, 1);
  EXPECT_EQ(w.standing().held, sync::holds{});
}

TEST(Validation, ComesAgainAtItsInterval) {
  watched w;
  w.go_on(3h);
  EXPECT_EQ(w.tickets->described, 3);
}

TEST(Validation, WarnsOnceAndHoldsNothingUnlessToldTo) {
  watched w;
  drop_choice(*w.tickets->tells, "urgency", "3");

  w.go_on(3h);

  EXPECT_EQ(w.standing().errors, 1u);
  EXPECT_EQ(w.standing().held, sync::holds{});
  EXPECT_EQ(w.count("M102"), 1);
}

TEST(Validation, HoldsTheRuleWhileTheFindingLasts) {
  watched w{{{"M102", on_finding::hold_rule, {}}}};
  drop_choice(*w.tickets->tells, "urgency", "3");

  w.go_on(10s);
  ASSERT_TRUE(w.standing().held.rules.contains("severity/urgency"));
  EXPECT_THAT(w.standing().held.rules.at("severity/urgency"), HasSubstr("held: map.yaml:"));
  EXPECT_EQ(*w.sync_engine->routes()[0].held, w.standing().held);

  w.tickets->tells = desk();
  w.go_on(1h);
  EXPECT_EQ(w.standing().held, sync::holds{});
  EXPECT_EQ(*w.sync_engine->routes()[0].held, sync::holds{});
  EXPECT_EQ(w.count("no longer"), 1);
}

TEST(Validation, HoldsTheRouteWhereToldToOrWhereNoRuleIsAtFault) {
  watched w{{{"M105", on_finding::hold_rule, {}}}};
  w.tickets->tells->fields.push_back(field("must"));
  w.tickets->tells->fields.back().mandatory = true;

  w.go_on(10s);

  EXPECT_THAT(w.standing().held.route, HasSubstr("M105"));
}

TEST(Validation, TheLastWordOnAFindingCounts) {
  std::vector<config::finding_choice> const choices{
      {"M102", on_finding::hold_route, {}}, {"M102", on_finding::warn, {}}};
  mapping::live_finding f;
  f.what.id = "M102";
  EXPECT_EQ(holds_for({f}, choices), sync::holds{});
}

TEST(Validation, ASystemOutOfReachEndsNoHoldAndBeginsNone) {
  watched w{{{"M102", on_finding::hold_rule, {}}}};
  drop_choice(*w.tickets->tells, "urgency", "3");
  w.go_on(10s);
  auto const held = w.standing().held;
  ASSERT_FALSE(held.rules.empty());

  w.tickets->tells = core::error{core::errc::unreachable, "no route"};
  w.go_on(2h);

  EXPECT_EQ(w.standing().held, held);
  ASSERT_EQ(w.standing().trouble.size(), 1u);
  EXPECT_THAT(w.standing().trouble[0], HasSubstr("desk: unreachable: no route"));
  EXPECT_EQ(w.count("no route"), 1);
}

TEST(Validation, CountsDriftAgainstWhatTheStoreKeptBeforeARestart) {
  watched w;
  w.go_on(10s);
  EXPECT_EQ(w.standing().drifts, 0u);

  w.tickets->tells->fields[1].choices->emplace_back("9");
  w.make();
  w.go_on(10s);

  // The rule of the state, and the one whose condition looks at it.
  EXPECT_EQ(w.standing().drifts, 2u);
  EXPECT_EQ(w.count("choice '9' of ticket field 'state' is new"), 2);

  w.go_on(2h);
  EXPECT_EQ(w.standing().drifts, 2u);
}

TEST(Validation, WhatADriftHoldsStaysHeldUntilSomebodyTakesANewMap) {
  watched w{{{"M112", on_finding::hold_rule, {}}}};
  w.go_on(10s);
  w.tickets->tells->fields[1].choices->emplace_back("9");
  w.go_on(3h);
  ASSERT_TRUE(w.standing().held.rules.contains("status/state"));

  w.compared->replace({{"main", sync::program_of(sync::plain_map())}});
  w.go_on(10s);

  EXPECT_EQ(w.standing().held, sync::holds{});
}

TEST(Validation, ARouteThatIsNeverComparedAsksNothing) {
  watched w;
  w.route.validation.every = 0ms;
  w.make();
  w.go_on(24h);
  EXPECT_EQ(w.tickets->described, 0);
  EXPECT_TRUE(w.compared->standings().empty());
}

}  // namespace
}  // namespace connector::command
