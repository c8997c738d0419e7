#include <boost/json/serialize.hpp>
#include <rapidcheck.h>

#include "connector/mapping/prove.hpp"
#include "test/sync/map_maker.hpp"
#include "test/sync/world.hpp"

/// What mapping::prove says of a map is what the sync does with it.
namespace connector::sync {
namespace {

std::size_t writes_of(world const& w) {
  return w.counted().tickets_updated + w.counted().incidents_updated;
}

/// Lets the two sides settle. False if they write more than any edit needs.
bool settles(world& w) {
  constexpr std::size_t writes_max = 16;
  auto const before = writes_of(w);
  for (int i = 0; i < 4; ++i) w.sync();
  return writes_of(w) - before <= writes_max;
}

bool nothing_waits(store::link const& link) {
  return link.parked.empty() && link.conflicts.empty() && !link.outstanding;
}

bool is_error(mapping::proof const& p) { return mapping::has_errors(p.findings); }

/// A field's value as the sync compares it: "" and null are both "not set".
core::value const& held(support::fake_system const& in, std::string const& id, std::string_view f) {
  return in.field(id, f);
}

struct tally {
  int maps = 0, edits = 0, refused = 0, replayed = 0;
};

/// Edits of either side or both, each settled before the next.
void edit_at_random(std::string const& map, map_maker& make, tally& count) {
  world w{map};
  w.incidents->add("1", make.edit(true, false));
  RC_ASSERT(settles(w));
  auto const ticket = w.link_of("1").ticket_id;
  for (int i = 0; i < 6; ++i) {
    auto const quiet = nothing_waits(w.link_of("1"));
    auto const contested = w.journal("conflict").size();
    auto const sides = make.pick(3);
    core::record const of_incident = sides != 1 ? make.edit(true, sides == 0) : core::record{};
    core::record const of_ticket = sides != 0 ? make.edit(false, sides == 1) : core::record{};
    if (sides != 1) w.incidents->edit("1", of_incident);
    if (sides != 0) w.tickets->edit(ticket, of_ticket);
    ++count.edits;
    if (!settles(w)) RC_FAIL("writes go on for ever\n" + map);
    if (sides == 2 || !quiet || w.journal("conflict").size() > contested) continue;
    // One side was edited: it keeps what somebody wrote there.
    for (auto const& [name, value] : of_incident) {
      if (held(*w.incidents, "1", name) != value) {
        RC_FAIL("the incident's " + std::string{name} + " was turned around\n" + map);
      }
    }
    for (auto const& [name, value] : of_ticket) {
      if (held(*w.tickets, ticket, name) != value) {
        RC_FAIL("the ticket's " + std::string{name} + " was turned around\n" + map);
      }
    }
  }
}

std::string described(mapping::replay const& r) {
  auto text = "played: " + r.id + ", created with " + boost::json::serialize(r.created) + '\n';
  for (auto const& e : r.edits) {
    text += "  incident " + boost::json::serialize(e.incident) + ", ticket " +
            boost::json::serialize(e.ticket) + '\n';
  }
  return text;
}

/// Plays the edits of a finding; the sync does what the finding says.
void play(std::string map, mapping::proof const& p, mapping::replay const& r) {
  world w{map};
  for (auto const& f : p.findings) map += to_string(f) + '\n';
  map += described(r);
  w.incidents->add("1", r.created);
  if (r.id == "M090" && r.edits.empty()) {
    if (settles(w)) RC_FAIL("settles although it should go on for ever\n" + map);
    return;
  }
  RC_ASSERT(settles(w));
  auto const ticket = w.link_of("1").ticket_id;
  counters before;
  for (std::size_t i = 0; i < r.edits.size(); ++i) {
    auto const& e = r.edits[i];
    before = w.counted();
    if (!e.incident.empty()) w.incidents->edit("1", e.incident);
    if (!e.ticket.empty()) w.tickets->edit(ticket, e.ticket);
    auto const rests = settles(w);
    auto const last = i + 1 == r.edits.size();
    if (!last || r.id == "M091") {
      if (!rests && last) return;  // turned around, and not for the last time
      if (!rests) RC_FAIL("does not settle on the way to " + r.id + '\n' + map);
      continue;
    }
    if (rests) RC_FAIL("settles although it should go on for ever\n" + map);
  }
  if (r.id != "M091") return;
  // It may be turned around again: what counts is that the connector wrote to the side edited.
  auto const& last = r.edits.back();
  auto const turned = last.ticket.empty() ? w.counted().incidents_updated > before.incidents_updated
                                          : w.counted().tickets_updated > before.tickets_updated;
  if (!turned) RC_FAIL("the edit stays as it was\n" + map);
}

TEST(Proof, ADeclaredLossIsKeptAndComesBackWithTheTicketsValue) {
  world w{std::string{map_head} + R"(
  - incident: severity
    ticket: urgency
    sync: both
    conflict: incident
    loses: {incident: {severity: low}}
    values:
      - high   <-> "1"
      - medium <-> "2"
      - low     -> "2"
      - otherwise: park
  - {incident: note, ticket: remark, sync: both, conflict: incident}
)"};
  w.incidents->add("1", {{"severity", "low"}});
  w.sync();
  ASSERT_EQ(w.tickets->field("T1", "urgency"), "2");

  w.tickets->edit("T1", {{"urgency", "2"}, {"remark", "somebody looked at it"}});
  w.sync();
  w.incidents->edit("1", {{"note", "and again"}});
  w.sync();
  w.sync();
  EXPECT_EQ(w.incidents->field("1", "severity"), "low") << "the ticket still says 2";

  w.tickets->edit("T1", {{"urgency", "1"}});
  w.sync();
  EXPECT_EQ(w.incidents->field("1", "severity"), "high");
  w.tickets->edit("T1", {{"urgency", "2"}});
  w.sync();
  EXPECT_EQ(w.incidents->field("1", "severity"), "low") << "what it was when the ticket said so";

  // Somebody's own change of the incident is the end of that.
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  w.tickets->edit("T1", {{"urgency", "1"}});
  w.sync();
  w.tickets->edit("T1", {{"urgency", "2"}});
  w.sync();
  EXPECT_EQ(w.incidents->field("1", "severity"), "medium");
}

TEST(Proof, AcceptedMapsConvergeAndTurnNoEditAround) {
  tally count;
  EXPECT_TRUE(rc::check([&](std::uint64_t seed) {
    map_maker make{seed};
    for (int attempt = 0; attempt < 8; ++attempt) {
      auto const map = make.map();
      auto const compiled = compile_all(map);
      if (!compiled.as_data) continue;
      if (is_error(mapping::prove(compiled.as_data))) {
        ++count.refused;
        continue;
      }
      ++count.maps;
      edit_at_random(map, make, count);
    }
  }));
  EXPECT_GT(count.maps, 100);
  EXPECT_GT(count.refused, 20) << "maps that the proof refuses are among those made";
  EXPECT_GT(count.edits, 600);
}

TEST(Proof, WhatTheClockDecidedIsNotCertainEvenWhereNothingWasWritten) {
  // Once the ticket says 6, the second rule has two news and no base: the clock decides, and
  // where the incident wins, its 'active' is left as it is.
  auto const compiled = compile_all(std::string{map_head} + R"(
  - name: first
    incident: status
    ticket: state
    sync: both
    conflict: ask
    loses: {incident: {status: any}, ticket: {state: any}}
    values:
      - active <- "1"
      - inProgress <-> "2"
      - otherwise: leave
  - name: second
    incident: status
    ticket: state
    sync: both
    conflict: {latest: ticket}
    loses: {incident: {status: any}, ticket: {state: any}}
    when: {ticket: {state: "6"}}
    values:
      - inProgress <-> "6"
      - resolved <-> "2"
      - otherwise: leave
)");
  ASSERT_TRUE(compiled.as_data);
  auto const found = mapping::prove(compiled.as_data);
  auto by_clock = 0;
  for (auto const& r : found.replays) {
    if (r.created.at("status").is_null()) continue;
    ++by_clock;
    EXPECT_FALSE(r.certain) << described(r);
  }
  EXPECT_GT(by_clock, 0);
}

TEST(Proof, WhatItFindsTheSyncDoes) {
  tally count;
  EXPECT_TRUE(rc::check([&](std::uint64_t seed) {
    map_maker make{seed};
    for (int attempt = 0; attempt < 8; ++attempt) {
      auto const map = make.map();
      auto const compiled = compile_all(map);
      if (!compiled.as_data) continue;
      auto const p = mapping::prove(compiled.as_data);
      for (auto const& r : p.replays) {
        // What a new ticket holds of its own is not for this world to make.
        auto const plain = std::all_of(r.arrived.begin(), r.arrived.end(), [](auto const& f) {
          return f.value().is_null();
        });
        // Where some rules never come to rest, nothing of the others can be shown.
        auto const restless = std::any_of(p.replays.begin(), p.replays.end(), [](auto const& one) {
          return one.id == "M090";
        });
        if (!plain || !r.certain || (restless && r.id != "M090")) continue;
        play(map, p, r);
        ++count.replayed;
      }
    }
  }));
  EXPECT_GT(count.replayed, 20);
}

}  // namespace
}  // namespace connector::sync
