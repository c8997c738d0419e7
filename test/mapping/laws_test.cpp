#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <set>

#include "connector/mapping/apply.hpp"
#include "test/mapping/support.hpp"

/// The laws a pair of restorers must obey, over every pair of values that the shipped maps' finite
/// fields can take, one that nobody listed and unset among them:
/// L1  what put gives corresponds to what it was made from
/// L2  put changes nothing where the two sides correspond already
namespace connector::mapping::test {
namespace {

std::vector<core::value> domain(field_ref const& f, rule_data const& r, side on) {
  std::vector<core::value> all{nullptr, "a value that nobody listed"};
  for (auto const& v : f.type->values) all.emplace_back(v.value);
  if (auto const* t = std::get_if<value_table>(&r.body)) {
    auto const& fields = r.on(on);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].path != f.path) continue;
      for (auto const& row : t->rows) {
        auto const& cells = on == side::incident ? row.incident : row.ticket;
        if (i < cells.size() && !cells[i].any) all.push_back(cells[i].value);
      }
    }
  }
  std::vector<core::value> unique;
  for (auto& v : all) {
    if (std::find(unique.begin(), unique.end(), v) == unique.end()) unique.push_back(std::move(v));
  }
  return unique;
}

std::vector<core::record> records(rule_data const& r, side on) {
  std::vector<core::record> all{{}};
  for (auto const& f : r.on(on)) {
    std::vector<core::record> wider;
    for (auto const& v : domain(f, r, on)) {
      for (auto const& one : all) {
        auto next = one;
        next[f.path] = v;
        wider.push_back(std::move(next));
      }
    }
    all = std::move(wider);
  }
  return all;
}

void set(core::record& into, rule const& r, side on, core::group const& values) {
  auto const& names = r.fields(on);
  for (std::size_t i = 0; i < names.size(); ++i) into[names[i]] = values[i];
}

struct tally {
  std::size_t pairs = 0, written = 0, left = 0, parked = 0;
};

void check_pair(
    rule_data const& data, rule const& r, core::record a, core::record b, tally& count
) {
  ++count.pairs;
  answers const none;
  facts const links;
  for (auto const to : {side::ticket, side::incident}) {
    if (!data.goes(to)) continue;
    view const now{a, b, none, links};
    auto const there = r.read(to, to == side::ticket ? b : a);
    auto const related = r.corresponds(r.read(side::incident, a), r.read(side::ticket, b), now);
    auto const w = r.put(to, now);
    if (w.what == wish::kind::park) {
      ++count.parked;
      ASSERT_FALSE(related) << core::value(a) << core::value(b);
      continue;
    }
    if (w.what == wish::kind::leave) {
      ++count.left;
      continue;
    }
    ASSERT_EQ(w.what, wish::kind::write);
    ++count.written;
    ASSERT_TRUE(!related || w.value == there) << "L2 " << core::value(a) << core::value(b);
    auto a2 = a, b2 = b;
    set(to == side::ticket ? b2 : a2, r, to, w.value);
    view const then{a2, b2, none, links};
    ASSERT_TRUE(r.corresponds(r.read(side::incident, a2), r.read(side::ticket, b2), then))
        << "L1 " << core::value(a) << core::value(b);
    // L3, as far as it is ours: what was written reads back as it is, and asks for nothing more.
    ASSERT_EQ(r.read(to, to == side::ticket ? b2 : a2), w.value);
    ASSERT_EQ(r.put(to, then).value, w.value);
  }
}

bool is_finite(rule_data const& r) {
  return std::holds_alternative<value_table>(r.body) && !r.reference;
}

class Laws : public testing::TestWithParam<char const*> {};

TEST_P(Laws, HoldForEveryPairOfEveryFiniteRule) {
  auto const done =
      compile(std::string{PROJECT_DIR "/mappings/"} + GetParam(), models(), disk_files());
  ASSERT_TRUE(done.map) << shown(done.findings);
  tally count;

  for (std::size_t i = 0; i < done.as_data->rules.size(); ++i) {
    auto const& data = done.as_data->rules[i];
    if (!is_finite(data)) continue;
    for (auto const& a : records(data, side::incident)) {
      for (auto const& b : records(data, side::ticket)) {
        check_pair(data, *done.map->rules()[i], a, b, count);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }

  EXPECT_GT(count.pairs, 800U);
  EXPECT_GT(count.written, 800U);
  EXPECT_GT(count.left, 0U);
  EXPECT_GT(count.parked, 0U);
}

TEST_P(Laws, DecisionsAreStableOnceWritten) {
  auto const done =
      compile(std::string{PROJECT_DIR "/mappings/"} + GetParam(), models(), disk_files());
  ASSERT_TRUE(done.map);
  std::size_t written = 0;

  for (std::size_t i = 0; i < done.as_data->rules.size(); ++i) {
    auto const& data = done.as_data->rules[i];
    if (!std::holds_alternative<decision_table>(data.body) || data.reference) continue;
    auto const& r = *done.map->rules()[i];
    for (auto const& a : records(data, side::incident)) {
      core::record b;
      auto const w = r.put(side::ticket, {a, b, {}, {}});
      if (w.what != wish::kind::write) continue;
      ++written;
      set(b, r, side::ticket, w.value);
      view const then{a, b, {}, {}};
      EXPECT_TRUE(r.corresponds(r.read(side::incident, a), r.read(side::ticket, b), then));
      EXPECT_EQ(r.put(side::ticket, then).value, w.value);
    }
  }

  EXPECT_GT(written, 20U);
}

INSTANTIATE_TEST_SUITE_P(
    Maps, Laws, testing::Values("servicenow-incident.yaml", "servicenow-sir.yaml")
);

TEST(Laws, HoldForCopiesOfAnyText) {
  auto const map = rules(
      "  - {incident: displayName, ticket: u_line, sync: both, fit: 12}\n"
      "  - {incident: resolvingComment, ticket: u_lines, sync: both, default: none}\n"
      "  - {incident: description, ticket: html, sync: both, fit: 30}\n"
  );
  EXPECT_TRUE(rc::check([&](std::string const& left, std::string const& right) {
    for (auto const& r : map->rules()) {
      core::record a, b;
      a[r->fields(side::incident).front()] = repaired_utf8(left);
      b[r->fields(side::ticket).front()] = repaired_utf8(right);
      for (auto const to : {side::ticket, side::incident}) {
        view const now{a, b, {}, {}};
        auto const w = r->put(to, now);
        if (w.what != wish::kind::write) continue;
        auto a2 = a, b2 = b;
        set(to == side::ticket ? b2 : a2, *r, to, w.value);
        view const then{a2, b2, {}, {}};
        RC_ASSERT(r->corresponds(r->read(side::incident, a2), r->read(side::ticket, b2), then));
        RC_ASSERT(r->read(to, to == side::ticket ? b2 : a2) == w.value);
      }
    }
  }));
}

TEST(Laws, ALabelSpeltOtherwiseBehindItsPrefixIsTheTagAndStaysAsItIs) {
  trial t{"  - {incident: customTags, ticket: labels, sync: both, set: {prefix: \"mdx:\"}}\n"};
  t.incident(R"({"customTags": ["VIP"]})").ticket(R"({"labels": ["mdx: VIP", "theirs"]})");

  EXPECT_TRUE(t.corresponds());
  EXPECT_EQ(t.put(side::ticket).value, json(R"([["mdx: VIP", "theirs"]])").as_array());
}

TEST(Laws, HoldForSetsOfAnyElements) {
  auto const map =
      rules("  - {incident: customTags, ticket: labels, sync: both, set: {prefix: x}}\n");
  auto const& r = *map->rules().front();
  EXPECT_TRUE(rc::check([&](std::vector<std::string> const& left,
                            std::vector<std::string> const& right) {
    core::record a, b;
    auto& tags = (a["customTags"] = boost::json::array{}).as_array();
    auto& labels = (b["labels"] = boost::json::array{}).as_array();
    for (auto const& e : left) tags.emplace_back(single_line(e));
    for (auto const& e : right) labels.emplace_back((e.size() % 2 ? "x" : "") + single_line(e));
    for (auto const to : {side::ticket, side::incident}) {
      auto const w = r.put(to, {a, b, {}, {}});
      RC_ASSERT(w.what == wish::kind::write);
      auto a2 = a, b2 = b;
      set(to == side::ticket ? b2 : a2, r, to, w.value);
      view const then{a2, b2, {}, {}};
      RC_ASSERT(r.corresponds(r.read(side::incident, a2), r.read(side::ticket, b2), then));
    }
  }));
}

}  // namespace
}  // namespace connector::mapping::test
