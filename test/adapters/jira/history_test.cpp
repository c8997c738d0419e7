#include "adapters/jira/history.hpp"

#include <gtest/gtest.h>

#include "test/adapters/jira/world.hpp"

namespace jira_test {
namespace {

using namespace std::chrono_literals;

jira_settings data_center() {
  jira_settings site;
  site.edition = jira_settings::edition::data_center;
  return site;
}

/// An issue, and what its reader saw of it.
struct seen_issue : world {
  explicit seen_issue(jira_settings with = jira_settings{}) : world{std::move(with)} {
    id = issue({{"summary", "As opened"}});
    version = read(id, {"summary"}).version;
    wait(2s);
  }

  core::result<adapter::receipt> write(core::record fields) {
    return update(id, std::move(fields), version);
  }

  std::string id;
  std::int64_t version = 0;
};

/// Whether it is Cloud.
class JiraLostEdit : public testing::TestWithParam<bool> {
 protected:
  static jira_settings site() { return GetParam() ? jira_settings{} : data_center(); }
};
INSTANTIATE_TEST_SUITE_P(Editions, JiraLostEdit, testing::Bool(), [](auto const& p) {
  return p.param ? "Cloud" : "DataCenter";
});

TEST_P(JiraLostEdit, IsNamedWithItsValueItsAuthorAndItsTime) {
  seen_issue w{site()};
  w.site.edit(w.id, {{"summary", "By Bob"}}, "Bob Desk", w.now());
  auto const edited = w.now();
  w.wait(1s);

  auto const done = w.write({{"summary", "By us"}, {"priority", "High"}});

  ASSERT_TRUE(done) << done.error().detail;
  ASSERT_EQ(done->lost_edits.size(), 1u);
  auto const& lost = done->lost_edits[0];
  EXPECT_EQ(lost.field, "summary");
  EXPECT_EQ(lost.value, core::value("By Bob"));
  EXPECT_EQ(lost.by, "Bob Desk");
  EXPECT_EQ(lost.at, edited);
}

TEST_P(JiraLostEdit, OfAStatusIsNamedWhateverTheWayToTheNext) {
  seen_issue w{site()};
  w.site.put_into(w.id, "In Progress", {}, "Bob Desk", w.now());
  w.wait(1s);

  auto const done = w.write({{"status", "Done"}, {"resolution", "Done"}});

  ASSERT_TRUE(done) << done.error().detail;
  ASSERT_EQ(done->lost_edits.size(), 1u);
  EXPECT_EQ(done->lost_edits[0].field, "status");
  EXPECT_EQ(done->lost_edits[0].value, core::value("In Progress"));
}

TEST_P(JiraLostEdit, IsNoneOfAnotherField) {
  seen_issue w{site()};
  w.site.edit(w.id, {{"summary", "By Bob"}}, "Bob Desk", w.now());
  w.wait(1s);

  auto const done = w.write({{"priority", "High"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_TRUE(done->lost_edits.empty());
}

TEST_P(JiraLostEdit, IsNoneThatWasSeen) {
  seen_issue w{site()};
  w.site.edit(w.id, {{"summary", "By Bob"}}, "Bob Desk", w.now());
  w.version = w.read(w.id, {"summary"}).version + 1;  // some later reading
  w.wait(1s);

  auto const done = w.write({{"summary", "By us"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_TRUE(done->lost_edits.empty());
}

TEST_P(JiraLostEdit, IsNoneThatSaysTheSame) {
  seen_issue w{site()};
  w.site.edit(w.id, {{"summary", "The same"}}, "Bob Desk", w.now());
  w.wait(1s);

  auto const done = w.write({{"summary", "The same"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_TRUE(done->lost_edits.empty());
}

TEST_P(JiraLostEdit, IsNoneOfOurOwnWriteBefore) {
  seen_issue w{site()};
  ASSERT_TRUE(w.write({{"summary", "First"}}));
  w.wait(1s);

  auto const done = w.write({{"summary", "Second"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_TRUE(done->lost_edits.empty());
}

TEST_P(JiraLostEdit, IsNamedLaterTooWhereTheAnswerWasLost) {
  seen_issue w{site()};
  w.site.edit(w.id, {{"summary", "By Bob"}}, "Bob Desk", w.now());
  w.wait(1s);
  w.faults.script({simulators::fault_kind::lost_reply}, "PUT");
  auto const done = w.write({{"summary", "By us"}});
  ASSERT_FALSE(done);
  w.wait(60s);
  w.site.edit(w.id, {{"priority", boost::json::object{{"name", "Low"}}}}, "Bob Desk", w.now());

  std::vector<adapter::update> made;
  made.push_back({w.id, {{"summary", "By us"}}, w.version});
  auto const found = w.run(w.system->edits_replaced(std::move(made)));

  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_EQ(found->size(), 1u);
  ASSERT_EQ(found->front().size(), 1u);
  EXPECT_EQ(found->front()[0].value, core::value("By Bob"));
}

TEST_P(JiraLostEdit, CostsNoCall) {
  seen_issue w{site()};
  w.site.edit(w.id, {{"summary", "By Bob"}}, "Bob Desk", w.now());
  w.wait(1s);
  auto const calls = [&] {
    std::uint64_t all = 0;
    for (auto const& [name, count] : w.site.operations()) all += count;
    return all;
  };
  auto const before = calls();

  ASSERT_TRUE(w.write({{"summary", "By us"}}));

  EXPECT_EQ(calls() - before, 2u) << "the write, and the reading of what is stored";
}

TEST(JiraLostEditOfAPerson, IsToldByAccountOnCloudAndWithoutValueOnDataCenter) {
  for (auto const cloud : {true, false}) {
    seen_issue w{cloud ? jira_settings{} : data_center()};
    auto const bob = w.site.account("Bob Desk");
    auto const ann = w.site.create_user("Ann Desk", "ann@example.com");
    w.site.edit(w.id, {{"assignee", bob}}, "Bob Desk", w.now());
    w.wait(1s);

    auto const done = w.write({{"assignee", ann}});

    ASSERT_TRUE(done) << done.error().detail;
    ASSERT_EQ(done->lost_edits.size(), 1u);
    auto const told = cloud ? std::optional{core::value(bob)} : std::nullopt;
    EXPECT_EQ(done->lost_edits[0].value, told);
  }
}

TEST(JiraHistory, NamesWhatOursReplacedAndNotWhatCameAfter) {
  auto const change = [](int at, std::string author, std::string from, std::string to) {
    adapters::jira::past_change one;
    one.at = core::time_point{std::chrono::seconds{at}};
    one.entry = at;
    one.author = std::move(author);
    one.field = "summary";
    one.from_text = std::move(from);
    one.to_text = std::move(to);
    return one;
  };
  jira::settings with;
  adapters::jira::translator const words{with};
  std::vector const all{
      change(10, "bob", "a", "b"),  // seen
      change(20, "bob", "b", "c"),  // lost
      change(30, "us", "c", "ours"),
      change(40, "bob", "ours", "d"),
  };
  core::time_point const seen{10s};

  auto const lost = adapters::jira::edits_replaced(
      all, "us", seen, {{"summary", "ours"}, {"labels", nullptr}}, words, {}
  );

  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].value, core::value("c"));
  EXPECT_EQ(lost[0].at, core::time_point{20s});
  core::record const summary{{"summary", "ours"}};
  auto const later = core::time_point{35s};
  EXPECT_TRUE(adapters::jira::edits_replaced(all, "us", later, summary, words, {}).empty());
}

}  // namespace
}  // namespace jira_test
