#include <algorithm>

#include "connector/sync/explain.hpp"
#include "connector/sync/plan.hpp"
#include "test/sync/world.hpp"

/// What the ops engineer asks and orders: explain, plan, retry, resolve, and decisions tried again.
namespace connector::sync {
namespace {

core::record told_of(world& w, std::string const& incident, std::string const& field) {
  auto const link = w.link_of(incident);
  auto const lines = *support::run(w.loop, w.clock, w.store->journal(link.id, 1 << 30, 1000));
  auto told = explain(*compile(plain_map()), link, lines, field, w.clock.now());
  auto const& rules = told.at("rules").as_array();
  return rules.empty() ? core::record{} : rules.at(0).as_object();
}

/// One link after the other.
std::vector<store::journal_entry> history(world& w) {
  auto all = *support::run(w.loop, w.clock, w.store->journal_after(0, 100'000));
  std::stable_sort(all.begin(), all.end(), [](auto const& l, auto const& r) {
    return l.link < r.link;
  });
  return all;
}

core::result<void> order_for(world& w, std::string const& incident, order what) {
  return support::run(w.loop, w.clock, w.sync_engine->carry_out(what, w.link_of(incident).id));
}

TEST(Explain, NamesTheValueItsSourceTheLineOfTheMapAndWhatCameOfIt) {
  world w;
  w.incidents->add("1", plain_incident("medium"));
  w.sync();
  w.incidents->edit("1", {{"severity", "high"}});
  w.sync();

  auto const told = told_of(w, "1", "urgency");

  EXPECT_EQ(told.at("why"), "neither side changed since they last agreed");
  EXPECT_EQ(told.at("incident_now"), (core::value{"high"}));
  EXPECT_EQ(told.at("ticket_now"), (core::value{"1"}));
  auto const& past = told.at("history").as_array();
  ASSERT_EQ(past.size(), 2U);
  auto const& change = past[0].as_object();
  EXPECT_EQ(change.at("what"), "update");
  EXPECT_EQ(change.at("from"), (core::value{"high"}));
  EXPECT_EQ(change.at("inputs"), (core::record{{"severity", "high"}}));
  EXPECT_EQ(change.at("to"), (core::value{"1"}));
  EXPECT_EQ(change.at("outcome"), "settled");
  EXPECT_EQ(change.at("stored"), (core::value{"1"}));
  EXPECT_NE(core::text_of(change.at("where")).find(':'), std::string::npos);
  EXPECT_EQ(past[1].at("what"), "create");
  EXPECT_EQ(past[1].at("inputs"), (core::record{{"severity", "medium"}})) << "as it was then";
}

TEST(Explain, TellsTheOutcomeOfAWriteThatTheSystemRewrote) {
  world w;
  w.incidents->add("1", plain_incident("medium"));
  w.sync();
  w.tickets->rewrites = [](core::record& fields) {
    if (fields.contains("urgency")) fields["urgency"] = "3";
  };
  w.incidents->edit("1", {{"severity", "high"}});
  w.sync();

  auto const told = told_of(w, "1", "urgency");
  auto const& past = told.at("history").as_array();
  auto const update = std::find_if(past.begin(), past.end(), [](core::value const& h) {
    return h.at("what") == "update";
  });

  ASSERT_NE(update, past.end());
  EXPECT_EQ(update->at("outcome"), "settled");
  EXPECT_EQ(update->at("to"), (core::value{"1"}));
  EXPECT_EQ(update->at("stored"), (core::value{"3"}));
}

TEST(Explain, SaysWhyNothingWasWritten) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->edit("1", {{"severity", "unheard of"}});
  w.sync();

  auto const told = told_of(w, "1", "severity");
  EXPECT_EQ(told.at("why"), "parked: the map cannot say it");
  EXPECT_TRUE(told.contains("parked"));
  EXPECT_EQ(told_of(w, "1", "code").at("why"), "its condition does not hold");
  EXPECT_TRUE(told_of(w, "1", "no such field").empty());
}

TEST(Parked, IsTriedAgainWhenAPersonSaysSo) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  auto closed = true;
  w.tickets->refuses = [&](core::record const& fields) -> std::optional<core::error> {
    if (!closed || !fields.contains("urgency")) return std::nullopt;
    return core::error{core::errc::rejected, "urgency is read-only today"};
  };
  w.incidents->edit("1", {{"severity", "low"}});
  w.sync();
  ASSERT_EQ(w.link_of("1").parked.size(), 1U);
  closed = false;
  w.sync();
  ASSERT_EQ(w.tickets->field("T1", "urgency"), "1") << "nobody has said anything yet";

  ASSERT_TRUE(order_for(w, "1", {}));
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "3");
  EXPECT_TRUE(w.link_of("1").parked.empty());
  EXPECT_EQ(w.journal("released").size(), 1U);
  EXPECT_FALSE(order_for(w, "1", {})) << "there is nothing left to retry";
}

class Resolved : public testing::TestWithParam<mapping::side> {};
INSTANTIATE_TEST_SUITE_P(
    Sides,
    Resolved,
    testing::Values(mapping::side::incident, mapping::side::ticket),
    [](auto const& p) { return p.param == mapping::side::incident ? "Incident" : "Ticket"; }
);

TEST_P(Resolved, ConflictTakesTheValueOfTheSideThatAPersonNamed) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->edit("1", {{"note", "ours"}});
  w.tickets->edit("T1", {{"remark", "theirs"}});
  w.sync();
  ASSERT_EQ(w.link_of("1").conflicts.size(), 1U);
  order what;
  what.what = order::kind::resolve;
  what.rule = w.link_of("1").conflicts[0].rule;
  what.winner = GetParam();

  ASSERT_TRUE(order_for(w, "1", what));
  w.sync();
  w.sync();

  auto const expected = GetParam() == mapping::side::incident ? "ours" : "theirs";
  EXPECT_EQ(w.incidents->field("1", "note"), expected);
  EXPECT_EQ(w.tickets->field("T1", "remark"), expected);
  EXPECT_TRUE(w.link_of("1").conflicts.empty());
  EXPECT_FALSE(order_for(w, "1", what));
}

TEST(Plan, NamesTheFieldsAndTicketsThatANewMapWouldFillOtherwise) {
  world w;
  w.incidents->add("1", plain_incident("high"));
  w.incidents->add("2", plain_incident("medium"));
  w.sync();
  auto text = plain_map();
  auto const row = std::string{"high <-> \"1\""};
  text.replace(text.find(row), row.size(), "high <-> \"2\"");
  auto const medium = std::string{"medium <-> \"2\""};
  text.replace(text.find(medium), medium.size(), "medium -> \"2\"");
  auto const old_map = compile(plain_map());
  auto const new_map = compile(text);

  plan made{*old_map, *new_map};
  for (auto const& line : history(w)) made.take(line);

  EXPECT_EQ(made.links(), 2U);
  auto const all = made.differences();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].link, w.link_of("1").id);
  EXPECT_EQ(all[0].field, "urgency");
  EXPECT_EQ(all[0].before, "1");
  EXPECT_EQ(all[0].after, "2");
}

TEST(Plan, FindsNothingWhenTheMapIsTheSame) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->edit("T1", {{"state", "6"}});
  w.sync();
  auto const map = compile(plain_map());

  plan made{*map, *map};
  for (auto const& line : history(w)) made.take(line);

  EXPECT_GT(made.decisions(), 1U);
  EXPECT_TRUE(made.differences().empty());
  EXPECT_TRUE(made.opened().empty());
}

TEST(Plan, SaysWhichIncidentsTheNewMapWouldNotOpen) {
  world w;
  w.incidents->add("1", plain_incident("medium"));
  w.sync();
  auto text = plain_map();
  auto const open = std::string{"[medium, high]"};
  ASSERT_NE(text.find(open), std::string::npos);
  text.replace(text.find(open), open.size(), "[high]");
  auto const old_map = compile(plain_map());
  auto const new_map = compile(text);

  plan made{*old_map, *new_map};
  for (auto const& line : history(w)) made.take(line);

  EXPECT_TRUE(made.not_opened().contains(w.link_of("1").id));
}

}  // namespace
}  // namespace connector::sync
