#include "connector/sync/replay.hpp"

#include <algorithm>

#include "test/sync/world.hpp"

namespace connector::sync {
namespace {

/// A day with writes both ways, a conflict, a refusal and a person's decision to come.
void live_a_day(world& w) {
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->edit("1", {{"severity", "medium"}, {"note", "ours"}});
  w.tickets->edit("T1", {{"urgency", "3"}, {"remark", "theirs"}});
  w.sync();
  w.tickets->refuses = [](core::record const& fields) -> std::optional<core::error> {
    if (!fields.contains("subject")) return std::nullopt;
    return core::error{core::errc::rejected, "subject is read only"};
  };
  w.incidents->edit("1", {{"title", "Worse"}, {"status", "resolved"}, {"verdict", "Bad"}});
  w.sync();
  w.wait(std::chrono::hours{3});
  w.tickets->edit("T1", {{"agent", "Abel"}});
  for (int i = 0; i < 3; ++i) w.sync();
}

std::shared_ptr<mapping::field_map const> plain() { return compile(plain_map()); }

replay::outcome replayed(
    mapping::field_map const& map, std::vector<store::journal_entry> const& lines
) {
  replay again{map, lines.front().link};
  for (auto const& line : lines) again.take(line);
  return again.found();
}

std::size_t decisions(std::vector<store::journal_entry> const& lines) {
  auto const is_one = [](auto const& line) { return line.kind == "decided"; };
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), is_one));
}

TEST(Replay, ComesToTheSameDecisionsByteForByte) {
  world w;
  live_a_day(w);
  auto const lines = w.journal();
  ASSERT_GT(decisions(lines), 4u);

  auto const found = replayed(*plain(), lines);

  EXPECT_EQ(found.equal, decisions(lines));
  EXPECT_EQ(found.decisions(), found.equal);
}

TEST(Replay, SaysWhichDecisionIsNotWhatItWas) {
  world w;
  live_a_day(w);
  auto lines = w.journal();
  auto const spoilt = std::find_if(lines.begin(), lines.end(), [](auto const& line) {
    return line.kind == "decided" &&
           core::text_of(core::field(line.data.as_object(), "call")) == "update";
  });
  spoilt->data.as_object()["rules"].as_array()[0].as_object()["to"] = {"9"};

  auto const found = replayed(*plain(), lines);

  EXPECT_EQ(found.differing, 1u);
  EXPECT_EQ(found.equal, decisions(lines) - 1);
  ASSERT_EQ(found.first.size(), 1u);
  EXPECT_EQ(found.first[0].seq, spoilt->seq);
  EXPECT_NE(found.first[0].recorded.find("\"9\""), std::string::npos);
  EXPECT_EQ(found.first[0].again.find("\"9\""), std::string::npos);
  EXPECT_EQ(found.first[0].where, "/rules/0/to/0");
  EXPECT_EQ(found.first[0].recorded_there, "\"9\"");
  EXPECT_NE(found.first[0].again_there, "\"9\"");
}

TEST(Replay, MissesALineThatBelongsToADecision) {
  world w;
  live_a_day(w);
  auto lines = w.journal();
  auto const dropped = std::find_if(lines.begin(), lines.end(), [](auto const& line) {
    return line.kind == "conflict";
  });
  ASSERT_NE(dropped, lines.end());
  lines.erase(dropped);

  EXPECT_EQ(replayed(*plain(), lines).differing, 1u);
}

TEST(Replay, BeginsAnewWithinAWeekOnceTheBeginningIsDropped) {
  world w;
  live_a_day(w);
  w.tickets->refuses = {};
  auto const dropped = static_cast<std::ptrdiff_t>(w.journal().size());
  for (auto const* severity : {"high", "medium"}) {
    w.incidents->edit("1", {{"severity", severity}});
    w.sync();
    w.wait(std::chrono::weeks{1});
  }
  w.incidents->edit("1", {{"severity", "high"}});
  w.sync();
  auto lines = w.journal();
  lines.erase(lines.begin(), lines.begin() + dropped);

  auto const found = replayed(*plain(), lines);

  EXPECT_EQ(found.differing, 0u);
  EXPECT_GE(found.equal, 2u);
  EXPECT_EQ(found.left_out.size(), 1u);
  EXPECT_EQ(found.decisions(), decisions(lines));
}

TEST(Replay, NamesTheMapOfWhatAnotherMapDecided) {
  world w;
  live_a_day(w);
  auto map = plain_map();
  map.replace(map.find("2h"), 2, "3h");

  auto const found = replayed(*compile(map), w.journal());

  EXPECT_EQ(found.equal, 0u);
  ASSERT_EQ(found.other_maps.size(), 1u);
  EXPECT_EQ(found.other_maps.begin()->first, plain()->digest());
}

TEST(Replay, KnowsLongValuesThatWereDecidedFrom) {
  world w;
  auto fields = plain_incident();
  fields["title"] = std::string(20'000, 'x');
  w.incidents->add("1", fields);
  w.sync();
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  auto const lines = w.journal();

  auto const found = replayed(*plain(), lines);

  EXPECT_EQ(found.equal, decisions(lines));
  EXPECT_GE(found.equal, 2u);
}

}  // namespace
}  // namespace connector::sync
